"""A paper with next to nothing on it."""

from typing import Any


def blank(**more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "language": "vi",
        "brand": "Chỉ tiêu",
        "tagline": "Theo dõi",
        "title": "Tổng quan",
        "period": "Năm 2024",
        "demonstration": "",
        "lead": "1 trong 2 chỉ tiêu đạt.",
        "facts": [],
        "foot": "Số liệu đến 10:00 10/12/2024",
        "page": "Trang",
        "known_at": "2024-12-10T03:00:00+00:00",
        "cards": [],
        "uncounted": "",
        "parts": [],
    }
    return made | more
