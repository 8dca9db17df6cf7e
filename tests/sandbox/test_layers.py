import sys

import pytest

from sandbox import Fence, layers


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_every_layer_is_named_and_agrees_with_what_a_fence_achieves():
    found = {layer.name: layer for layer in layers()}
    assert list(found) == [
        "system call filters", "Landlock", "no new privileges", "resource limits", "hidden memory", "unprivileged user",
    ]  # fmt: skip
    assert all(layer.detail for layer in found.values())
    with Fence("sandbox_tasks:anything", isolation="weak") as fence:
        assert (fence.isolation == "strict") == found["system call filters"].available
