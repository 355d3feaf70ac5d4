"""Encodings nobody states: right for every name, whole or cut by a field's width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo._decode import EncodingUnknown, decode, decode_value

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12)


@pytest.mark.parametrize("text", ["甲", "兰溪市", "一区", "示例A厂", "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_short_values_are_read_in_their_encoding(text: str, encoding: str) -> None:
    assert decode_value(text.encode(encoding))[0] == text


@given(CHINESE)
def test_utf8_values_are_never_mangled(text: str) -> None:
    assert decode_value(text.encode("utf-8")) == (text, "utf-8")


@given(CHINESE, st.integers(1, 2))
def test_a_cut_utf8_character_is_dropped_and_the_rest_kept(text: str, cut: int) -> None:
    assert decode_value(("兰" + text).encode("utf-8")[:-cut])[0] == ("兰" + text)[:-1]


@pytest.mark.parametrize("name", ["兰溪市高污染燃料禁燃区", "诸葛镇示例企业有限公司"])
def test_a_cut_gbk_character_is_dropped(name: str) -> None:
    assert decode_value(name.encode("gb18030")[:-1]) == (name[:-1], "gb18030")


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode_value(b"\xff\xff\xff")
    with pytest.raises(EncodingUnknown, match="编码"):
        decode(b"\xff\xff\xff\xff", "x.csv")
    with pytest.raises(EncodingUnknown):
        decode("中".encode("gb18030"), "x.csv", "utf-8")


def test_marks_and_named_encodings_win() -> None:
    assert decode("\ufeff中".encode(), "x.csv") == ("中", "utf-8-sig")
    assert decode("中".encode("utf-16"), "x.csv") == ("中", "utf-16")
    assert decode("中".encode("gb18030"), "x.csv", "gbk") == ("中", "gbk")
