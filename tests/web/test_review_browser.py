"""A reviewer at the keyboard, in a real browser."""

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from tests.web.conftest import Site, _run
from tests.web.test_browser import Reader, check_accessible
