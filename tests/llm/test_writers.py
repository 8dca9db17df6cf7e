import sys
from pathlib import Path

import pytest

from evolve.llm.base import Ending
from evolve.llm.name import Name, parsed
from evolve.proposers.base import Means
from problems.plugins import UnknownPart
from tests.llm.calling import prompt, writer


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai:gpt-6-luna", Name("openai", "gpt-6-luna")),
        ("openai-compatible:qwen3:8b", Name("openai-compatible", "qwen3:8b")),
        ("openai-compatible:qwen/qwen3-coder:free", Name("openai-compatible", "qwen/qwen3-coder:free")),
        ("openai-compatible:my.py:tag", Name("openai-compatible", "my.py:tag")),
        ("mailbox", Name("mailbox", "")),
        ("mailbox:alice", Name("mailbox", "alice")),
        ("models/own.py:Own:large:v2", Name("models/own.py:Own", "large:v2")),
    ],
)
def test_a_name_is_a_provider_and_whatever_follows(name: str, expected: Name) -> None:
    assert parsed(name) == expected


@pytest.mark.parametrize("name", ["", "openai", "openai:", ":gpt", ":"])
def test_a_name_with_a_part_missing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="provider:name"):
        parsed(name)


def test_an_unknown_provider_is_answered_with_the_closest(means: Means) -> None:
    with pytest.raises(UnknownPart, match="did you mean 'anthropic'"):
        writer("antropic:claude", means)


@pytest.mark.parametrize("changed", [{"max_output_tokens": 0}, {"timeout": 0.0}, {"concurrency": 0}, {"tries": 0}])
def test_a_setting_that_is_not_valid_is_named(means: Means, changed: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(changed))):
        writer("fake:good", means, **changed)


def test_an_answer_is_kept_in_the_folder_of_the_run(means: Means) -> None:
    written = writer("fake:good", means)(prompt(12))
    assert written.answer.ending is Ending.COMPLETE
    assert [path.name for path in means.folder.iterdir()] == ["12.json"]
    assert writer("fake:good", means)(prompt(12)) == written


def test_a_model_in_a_file_needs_no_package(means: Means, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "own.py"
    file.write_text("from evolve.llm.fake import Fake\n\nclass Own(Fake):\n    pass\n")
    monkeypatch.setitem(sys.modules, "plugin_own", sys)  # removed again after the test
    assert writer(f"{file}:Own:good", means)(prompt()).answer.ending is Ending.COMPLETE


def test_providers_have_limits_of_their_own_and_models_share_them(means: Means) -> None:
    limits: dict[str, object] = {}
    for name in ("fake:good", "fake:poor", "mailbox", "mailbox:alice"):
        writer(name, means, limits=limits)
    assert len(limits) == 2
