"""The training itself: AdamW, a cosine, a running mean, checkpoints; on a GPU where there is one."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from ultralytics.nn.tasks import DetectionModel

from tools.starter.album import Album
from tools.starter.batches import Batch, Lots, batches
from tools.starter.network import RunningMean, as_input, device_of, quick_precision
from tools.starter.scenes import Mix


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how: ``steps`` of ``batch`` scenes each, at sizes that change from step to step.

    ``minutes`` ends it earlier, with the learning rate brought down in time: for a machine that is lent. Then a run
    repeats only where the machine is as quick. ``workers``: processes that draw scenes.
    """

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
    minutes: float = math.inf
    workers: int = 1


class Course:
    """How far a plan has come, from 0 to 1: by its steps, or by its time where that is shorter."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._started = time.monotonic()

    def along(self, step: int) -> float:
        """The share of the plan that lies behind once ``step`` steps are done."""
        spent = (time.monotonic() - self._started) / 60
        return min(1.0, max(step / max(1, self._plan.steps), spent / self._plan.minutes))


def train(
    model: DetectionModel,
    album: Album,
    mix: Mix,
    plan: Plan,
    checkpoint: Path,
    report: Callable[[int, DetectionModel], None],
) -> DetectionModel:
    """Train ``model`` in place, on the device it is on; the running mean of its weights is what comes back.

    Each ``plan.every`` steps the state goes to ``checkpoint`` and ``report`` gets the step and the mean. A checkpoint
    that exists is where it goes on: delete it to begin anew.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    optimizer = torch.optim.AdamW(_groups(model, plan), lr=plan.rate, betas=(0.9, 0.999))
    mean = RunningMean(model)
    first = _restore(checkpoint, model, mean, optimizer)
    model.train()
    lots = Lots(album, mix, plan.steps, plan.batch, plan.sizes, plan.seed)
    losses: deque[torch.Tensor] = deque(maxlen=25)
    course, started = Course(plan), time.monotonic()
    for step, batch in batches(lots, first, plan.workers):
        _set_rate(optimizer, plan, step, course.along(step))
        losses.append(_step(model, optimizer, batch))
        mean.update(model)
        done, ended = step + 1, course.along(step + 1) == 1
        if done % 25 == 0:
            spent = (time.monotonic() - started) / (done - first)
            recent = float(torch.stack(list(losses)).mean())
            print(f"step {done}/{plan.steps}  loss {recent:.3f}  {spent:.2f} s a step", flush=True)
        if done % plan.every == 0 or ended:
            _keep(checkpoint, model, mean, optimizer, done)
            report(done, mean.model)
        if ended:
            break
    return mean.model


def _groups(model: DetectionModel, plan: Plan) -> list[dict[str, object]]:
    """Weights of convolutions decay; biases and normalisations do not."""
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in learnt if parameter.ndim > 1], "weight_decay": plan.decay},
        {"params": [parameter for parameter in learnt if parameter.ndim <= 1], "weight_decay": 0.0},
    ]


def _set_rate(optimizer: torch.optim.Optimizer, plan: Plan, step: int, along: float) -> None:
    share = plan.last_rate + (1 - plan.last_rate) * (1 + math.cos(math.pi * along)) / 2
    for group in optimizer.param_groups:
        group["lr"] = plan.rate * share * min(1.0, (step + 1) / plan.warm_up)


def _step(model: DetectionModel, optimizer: torch.optim.Optimizer, batch: Batch) -> torch.Tensor:
    device = device_of(model)
    batch = {name: part.to(device, non_blocking=True) for name, part in batch.items()}
    with torch.autocast(device.type, torch.bfloat16, enabled=quick_precision(device)):
        answer = model(as_input(batch["img"]))
    answer = {
        name: [part.float() for part in value] if isinstance(value, list) else value.float()
        for name, value in answer.items()
    }
    loss = model.loss(batch, answer)[0].sum()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
    optimizer.step()
    return loss.detach() / len(batch["img"])


def _keep(file: Path, model: DetectionModel, mean: RunningMean, optimizer: torch.optim.Optimizer, step: int) -> None:
    state = {"model": model.state_dict(), "mean": mean.model.state_dict(), "optimizer": optimizer.state_dict()}
    scratch = file.with_suffix(".partial")
    torch.save({**state, "step": step}, scratch)
    scratch.replace(file)


def _restore(file: Path, model: DetectionModel, mean: RunningMean, optimizer: torch.optim.Optimizer) -> int:
    if not file.exists():
        return 0
    state = torch.load(file, map_location=device_of(model), weights_only=True)
    model.load_state_dict(state["model"])
    mean.model.load_state_dict(state["mean"])
    optimizer.load_state_dict(state["optimizer"])
    mean.steps = int(state["step"])
    return mean.steps
