"""What must not be in memory: PyTorch and OpenCV in processes that neither train nor see pictures."""

import subprocess
import sys

import pytest

from core.config.settings import ROOT

HEAVY = ("torch", "torchvision", "ultralytics", "cv2", "onnxruntime", "openvino", "mediapipe")
_SCRIPT = """
import importlib, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
print(*sorted(set(sys.argv[2].split(",")) & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "modules", ["flows.preload_runner", "flows.serve", "core.api.app", "core.cli.run", "core.ui.overview.services"]
)
def test_a_process_starts_without_the_heavy_libraries(modules: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, modules, ",".join(HEAVY)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_skops_comes_without_pytorch_and_pytorch_stays_usable() -> None:
    script = (
        "import sys; from core.workloads.rows.skops_import import import_skops, _ADAPTER; import_skops(); "
        "assert 'skops.io' in sys.modules and 'torch' not in sys.modules and _ADAPTER not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
