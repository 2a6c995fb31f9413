"""The training itself: scenes drawn in a thread of their own, AdamW, a cosine, a running mean, checkpoints."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel

from tools.starter.network import RunningMean, as_input, quick_precision, set_learning
from tools.starter.scenes import Scene

_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how: ``steps`` of ``batch`` scenes each, at sizes that change from step to step."""

    steps: int
    batch: int = 16
    sizes: tuple[int, ...] = (256, 320)
    rate: float = 1e-3
    warm_up: int = 100
    last_rate: float = 0.02
    decay: float = 5e-4
    seed: int = 0
    threads: int = 2
    every: int = 250


def train(
    model: DetectionModel,
    draw: Callable[[np.random.Generator, int], Scene],
    plan: Plan,
    checkpoint: Path,
    report: Callable[[int, DetectionModel], None],
) -> DetectionModel:
    """Train ``model`` in place; the running mean of its weights is what comes back.

    ``draw`` makes one scene of a size. Each ``plan.every`` steps the state goes to ``checkpoint`` and ``report`` gets
    the step and the mean. A checkpoint that exists is where it goes on: delete it to begin anew.
    """
    torch.set_num_threads(plan.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(plan.seed)
    optimizer = torch.optim.AdamW(_groups(model, plan), lr=plan.rate, betas=(0.9, 0.999))
    mean = RunningMean(model)
    first = _restore(checkpoint, model, mean, optimizer)
    set_learning(model)
    losses: list[float] = []
    started = time.monotonic()
    for step, batch in _batches(draw, plan, first):
        _set_rate(optimizer, plan, step)
        losses.append(_step(model, optimizer, batch))
        mean.update(model)
        done = step + 1
        if done % 25 == 0:
            spent = (time.monotonic() - started) / (done - first)
            print(f"step {done}/{plan.steps}  loss {np.mean(losses[-25:]):.3f}  {spent:.2f} s a step", flush=True)
        if done % plan.every == 0 or done == plan.steps:
            _keep(checkpoint, model, mean, optimizer, done)
            report(done, mean.model)
    return mean.model


def _groups(model: DetectionModel, plan: Plan) -> list[dict[str, object]]:
    """Weights of convolutions decay; biases and normalisations do not."""
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in learnt if parameter.ndim > 1], "weight_decay": plan.decay},
        {"params": [parameter for parameter in learnt if parameter.ndim <= 1], "weight_decay": 0.0},
    ]


def _set_rate(optimizer: torch.optim.Optimizer, plan: Plan, step: int) -> None:
    along = step / max(1, plan.steps)
    share = plan.last_rate + (1 - plan.last_rate) * (1 + math.cos(math.pi * along)) / 2
    for group in optimizer.param_groups:
        group["lr"] = plan.rate * share * min(1.0, (step + 1) / plan.warm_up)


def _step(model: DetectionModel, optimizer: torch.optim.Optimizer, batch: dict[str, torch.Tensor]) -> float:
    with torch.autocast("cpu", torch.bfloat16, enabled=quick_precision()):
        answer = model(batch["img"])
    answer = {
        name: [part.float() for part in value] if isinstance(value, list) else value.float()
        for name, value in answer.items()
    }
    loss = model.loss(batch, answer)[0].sum()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
    optimizer.step()
    return float(loss.detach()) / len(batch["img"])


def _batches(
    draw: Callable[[np.random.Generator, int], Scene], plan: Plan, first: int
) -> Iterator[tuple[int, dict[str, torch.Tensor]]]:
    """Batches from step ``first`` on, drawn ahead. The seed of a scene follows from its step, so any run repeats."""
    ready: queue.Queue[tuple[int, dict[str, torch.Tensor]] | BaseException] = queue.Queue(_AHEAD)

    def fill() -> None:
        try:
            for step in range(first, plan.steps):
                size = plan.sizes[step % len(plan.sizes)]
                scenes = [draw(np.random.default_rng([plan.seed, step, n]), size) for n in range(plan.batch)]
                ready.put((step, _as_batch(scenes, size)))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that trains, which raises it
            ready.put(error)

    threading.Thread(target=fill, daemon=True).start()
    for _ in range(first, plan.steps):
        item = ready.get()
        if isinstance(item, BaseException):
            raise item
        yield item


def _as_batch(scenes: list[Scene], size: int) -> dict[str, torch.Tensor]:
    boxes = [torch.from_numpy(boxes) for _, boxes in scenes]
    together = torch.cat(boxes)
    corners = together[:, 1:] / size
    centred = torch.cat([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], dim=1)
    counts = torch.tensor([len(one) for one in boxes])
    return {
        "img": as_input([pixels for pixels, _ in scenes]),
        "batch_idx": torch.repeat_interleave(torch.arange(len(scenes)), counts).float(),
        "cls": together[:, :1],
        "bboxes": centred,
    }


def _keep(file: Path, model: DetectionModel, mean: RunningMean, optimizer: torch.optim.Optimizer, step: int) -> None:
    state = {"model": model.state_dict(), "mean": mean.model.state_dict(), "optimizer": optimizer.state_dict()}
    scratch = file.with_suffix(".partial")
    torch.save({**state, "step": step}, scratch)
    scratch.replace(file)


def _restore(file: Path, model: DetectionModel, mean: RunningMean, optimizer: torch.optim.Optimizer) -> int:
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True)
    model.load_state_dict(state["model"])
    mean.model.load_state_dict(state["mean"])
    optimizer.load_state_dict(state["optimizer"])
    mean.steps = int(state["step"])
    return mean.steps
