"""The words of headings, totals and notes as provinces write them, by their loose key."""

import re

from app.domain.targets import ValueKind
from app.sheets.roles import ACHIEVED, AMOUNT, CERTAIN, RESULT, TOTAL
from app.sheets.spelling import bare, flat, loose


def _keys(*texts: str) -> frozenset[str]:
    return frozenset(map(loose, texts))


_FIELD_TEXTS = {
    "numerator": ("tử số", "tử", "numerator"),
    ACHIEVED: ("số đạt", "số lượng đạt", "số người đạt", "tổng số đạt", "SL đạt"),
    "denominator": ("mẫu số", "mẫu", "denominator"),
    TOTAL: ("tổng số", "tổng số người", "tổng số lượng"),
    "percent": (
        *("tỷ lệ", "tỷ lệ %", "% tỷ lệ", "tỷ lệ phần trăm", "phần trăm", "%", "percent"),
        *("tỷ lệ đạt", "tỷ lệ % đạt", "tỷ lệ đạt %", "đạt tỷ lệ", "đạt tỷ lệ %", "% đạt", "đạt %"),
        *("TL %", "TL", "kết quả %"),
    ),
    "done": (
        *("đã làm", "đã thực hiện", "có/không", "đã làm/chưa làm", "đạt/không đạt", "done"),
        *("đã làm hay chưa", "hoàn thành", "đã làm, chưa làm"),
    ),
    "value": ("giá trị", "value"),
    AMOUNT: ("số lượng", "SL", "số người"),
    "text": ("mô tả", "nội dung báo cáo", "diễn giải", "text"),
    "not_applicable": (
        *("không áp dụng", "không áp dụng, lý do", "lý do không áp dụng", "not_applicable"),
        "không áp dụng (lý do)",
    ),
    "note": ("ghi chú", "chú thích", "giải trình", "thuyết minh", "note"),
    "evidence": ("minh chứng", "căn cứ", "văn bản minh chứng", "số văn bản", "evidence"),
    "estimated": ("ước tính", "số ước", "là số ước", "estimated"),
    RESULT: ("kết quả", "kết quả thực hiện", "thực hiện", "đã đạt được", "kết quả đạt được"),
}
FIELD_WORDS = {
    # "Tỉ" and "tỷ" are two spellings of one word.
    loose(spelling): field
    for field, texts in _FIELD_TEXTS.items()
    for text in texts
    for spelling in (text, text.replace("tỷ", "tỉ"))
    if loose(spelling)
}

ORDINAL = _keys("STT", "TT", "Số TT", "Số thứ tự", "No")
UNIT = _keys(
    *("Đơn vị", "Tên đơn vị", "Đơn vị báo cáo", "Tỉnh", "Tỉnh, thành phố", "Tỉnh thành", "Tỉnh/TP"),
    *("Địa phương", "LĐLĐ tỉnh, thành phố", "LĐLĐ tỉnh", "Liên đoàn Lao động", "Công đoàn", "LĐLĐ"),
    *("Tỉnh, ngành", "Đơn vị, địa phương", "LĐLĐ tỉnh, TP, CĐ ngành TW", "Tên tỉnh", "Unit"),
)
TOPIC = _keys(
    *("Chỉ tiêu", "Tên chỉ tiêu", "Nội dung", "Nội dung chỉ tiêu", "Tiêu chí", "Các chỉ tiêu"),
    *("Danh mục", "Chỉ tiêu báo cáo", "Mã chỉ tiêu", "Mã CT", "Target"),
)
CODE = _keys("Mã", "Mã đơn vị", "Mã tỉnh", "Mã số", "Mã ĐV", "Mã ĐVHC", "Code")
MEASURE = _keys("ĐVT", "Đơn vị tính", "ĐV tính", "Unit of measure")
HEADINGS = ORDINAL | UNIT | TOPIC | CODE | MEASURE

_TOTALS = _keys("tổng cộng", "cộng", "tổng", "tổng số", "toàn quốc", "cả nước", "total", "cong")
# With diacritics: "Công đoàn" must never begin as "Cộng".
_TOTAL_LEADS = tuple(
    loose(lead) + " " for lead in ("tổng cộng", "cộng", "toàn quốc", "cả nước", "tong cong")
)
_BARE_TOTALS = {"tong cong", "toan quoc", "ca nuoc"}
# Of rows and headings that are no result of this period.
_PLANS = re.compile(
    r"\b(ke hoach|chi tieu giao|duoc giao|muc tieu|cung ky|nam truoc|ky truoc|so voi|so sanh|"
    r"tang giam|tang|giam|dang ky|phan dau|xep loai|xep hang|thu tu|kh|trong do|rieng|chia ra)\b"
)
_GROUPS = re.compile(
    r"(khoi|cac|cum|vung|khu vuc|nhom|mien|phan|muc)\b|(lien doan lao dong|ldld|cong doan|cd) "
    r"(cac |cap |nganh trung uong|nganh tw|tong cong ty|tinh thanh)"
)
_CLOSING = re.compile(
    r"(nguoi lap|nguoi tong hop|tm\b|t m\b|kt\b|tl\b|tuq\b|noi nhan|thu truong|chu tich\b|"
    r"pho chu tich|truong ban|ban thuong vu|xac nhan cua|ky ten|ky va ghi|ke toan|lap bieu)"
)
_DATE_LINE = re.compile(r"ngay\W*\d{0,2}\W*thang\W*\d{0,2}\W*nam\W*\d{0,4}")
_NOTE = re.compile(r"(ghi chu|chu thich|luu y|chu y|note)\b")
_ATTENDANCES = re.compile(r"\blượt\b", re.IGNORECASE)
_SCALE = re.compile(
    r"(?:\b(?:nghìn|ngàn|triệu|tỷ)|\b1[., ]?000)(?:\s+(?:người|đồng|sản phẩm|đoàn viên|lao động))?"
    r"\s*(?:\)|$)",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"\(?\s*(\d{1,3}|[A-Za-z])\s*\)?(\s*=.{1,40})?")


def heads(text: str, words: frozenset[str]) -> bool:
    return len(text) < 60 and loose(text) in words


def is_heading(text: str) -> bool:
    """What stands over names and numbers of rows: "STT", "Đơn vị", "Chỉ tiêu", "Mã"."""
    return heads(text, HEADINGS)


def is_total(text: str) -> bool:
    """ "Cộng", "TỔNG CỘNG:", "Tổng cộng (A + B)", "Cả nước"; never the start of a longer name."""
    key = loose(bare(text))
    return key in _TOTALS or key in _BARE_TOTALS or key.startswith(_TOTAL_LEADS)


def is_plan(text: str) -> bool:
    """Of what was planned, assigned or reported another time, not of what came about."""
    return _PLANS.search(flat(text)) is not None


def is_group(text: str) -> bool:
    return _GROUPS.match(flat(bare(text))) is not None


def is_closing(text: str) -> bool:
    """A signature, its place and date, or "Nơi nhận": nothing of the table comes after it."""
    key = flat(text)
    return _CLOSING.match(key) is not None or _DATE_LINE.search(key) is not None


def is_note(text: str) -> bool:
    return text.lstrip().startswith("*") or _NOTE.match(flat(text)) is not None


def is_numbering(text: str) -> bool:
    """What stands in the row that numbers the columns: "(3)", "B", "5=3/4"."""
    return _NUMBERING.fullmatch(text) is not None


def counts_attendances(text: str) -> bool:
    return _ATTENDANCES.search(text) is not None


def is_scaled(text: str) -> bool:
    """ "(nghìn người)": what stands below is not the figure itself."""
    return _SCALE.search(text) is not None


_DEFAULT = {ValueKind.YES_NO: "done", ValueKind.COUNT: "value", ValueKind.NARRATIVE: "text"}
_BY_KIND = {
    (ACHIEVED, ValueKind.RATIO): ("numerator", CERTAIN),
    (ACHIEVED, ValueKind.COUNT): ("value", CERTAIN),
    (AMOUNT, ValueKind.COUNT): ("value", CERTAIN),
    (AMOUNT, ValueKind.RATIO): ("numerator", 0.6),
    (TOTAL, ValueKind.RATIO): ("denominator", CERTAIN),
    (TOTAL, ValueKind.COUNT): ("value", CERTAIN),
}


def field_for(kind: ValueKind, word: str | None) -> tuple[str | None, float]:
    """The field that a heading's word means for a target of this kind, and how surely.

    None: a bare "Kết quả", or nothing, of a ratio may be a count or a percent.
    """
    if word in (None, RESULT):
        return _DEFAULT.get(kind), CERTAIN
    if word in (ACHIEVED, AMOUNT, TOTAL):
        return _BY_KIND.get((word, kind), (_DEFAULT.get(kind), 0.5))
    return word, CERTAIN
