"""Whatever is wrong with a setting of a program, Chinese readers are told why in Chinese."""

import re
from collections.abc import Iterator

import pytest

from common.errors import BadSetting
from common.settings import ProcessSettings, load
from tests.unit.test_help import models

#: One of these is wrong for every setting that is not any text at all.
BAD = ("", "x", "-1", "1.5", "99999999999999", "0.123456", "nan", "é è", "x" * 500, "x\ny", "\x07")
#: What pydantic and our own validators would say, where it was not told in Chinese.
ENGLISH = re.compile(
    r"\b(must|should|have|valid|unable|characters?|number|input|greater|less|than|or)\b", re.IGNORECASE
)

#: What a model must be told at least.
REQUIRED = {"cp_id": "CP1", "driver_id": "D1"}


def complaints(model: type[ProcessSettings]) -> Iterator[str]:
    for name in model.model_fields:
        for bad in BAD:
            told = {required: value for required, value in REQUIRED.items() if required in model.model_fields}
            try:
                load(model, told | {name: bad})
            except BadSetting as wrong:
                yield str(wrong)


@pytest.mark.usefixtures("clean_place", "in_chinese")
def test_no_complaint_about_a_setting_is_left_in_english() -> None:
    said = [sentence for model in models() for sentence in complaints(model)]
    # What was written is repeated as it was written.
    whys = {re.sub(r"（现在是 .*", "", sentence.partition("：")[2], flags=re.DOTALL) for sentence in said}
    assert sorted(why for why in whys if ENGLISH.search(why)) == []
    assert len(said) > len(list(models()))


@pytest.mark.usefixtures("clean_place", "in_chinese")
def test_a_bound_is_told_with_its_figure() -> None:
    up = next(model for model in models() if model.process == "up")
    with pytest.raises(BadSetting) as wrong:
        load(up, {"points": "1001"})
    assert str(wrong.value) == "--points：必须小于或等于 1000（现在是 '1001'）。"
