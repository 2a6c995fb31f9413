"""Callbacks of ultralytics' trainer: report progress, keep a complete checkpoint, stop on request."""

from __future__ import annotations

import shutil
import time
from typing import Any

from core.config.progress import Report
from core.workloads.rps.training.recipe import threads
from core.workloads.rps.training.training_state import State, TrainingFolder, progress_message

_EVERY_S = 2.0


class TrainingCallbacks:
    """Callbacks of one training. Epochs fill ``share`` of the progress bar."""

    def __init__(self, files: TrainingFolder, report: Report) -> None:
        self._folder = files
        self._report = report
        self._batch = 0
        self._told = 0.0
        self._began: float | None = None
        self._first_step = 0

    def attach(self, model: Any) -> None:
        """Register with a ``YOLO``; needed before each ``train``, including a resumed one."""
        model.add_callback("on_pretrain_routine_end", self._settle)
        model.add_callback("on_train_epoch_start", self._epoch_start)
        model.add_callback("on_train_batch_end", self._batch_end)
        model.add_callback("on_model_save", self._saved)
        model.add_callback("on_fit_epoch_end", self._epoch_end)

    def _settle(self, _trainer: Any) -> None:
        import torch

        torch.set_num_threads(threads())  # ultralytics has just set its own choice

    def _epoch_start(self, trainer: Any) -> None:
        self._batch = 0
        if self._began is None:
            self._began, self._first_step = time.monotonic(), trainer.epoch * len(trainer.train_loader)

    def _batch_end(self, trainer: Any) -> None:
        self._batch += 1
        self._heed(trainer)
        last = self._batch == len(trainer.train_loader)
        if last or trainer.stop or time.monotonic() - self._told >= _EVERY_S:
            self._tell(trainer)

    def _epoch_end(self, trainer: Any) -> None:
        self._heed(trainer)

    def _heed(self, trainer: Any) -> None:
        if self._folder.stop.exists():
            trainer.stop = True

    def _saved(self, trainer: Any) -> None:
        temporary = self._folder.checkpoint.with_suffix(".tmp")
        shutil.copyfile(trainer.last, temporary)
        temporary.replace(self._folder.checkpoint)

    def _tell(self, trainer: Any) -> None:
        self._told = time.monotonic()
        batches = len(trainer.train_loader)
        left = self._seconds_left(trainer.epoch * batches + self._batch, trainer.epochs * batches)
        losses = {name: round(float(value), 4) for name, value in (trainer.tloss or {}).items()}
        state = State(
            trainer.epoch + 1, trainer.epochs, self._batch, batches, left, losses, stopping=bool(trainer.stop)
        )
        self._folder.publish(state)
        self._report((trainer.epoch + self._batch / batches) / trainer.epochs, progress_message(state))

    def _seconds_left(self, done: int, all_steps: int) -> float | None:
        """Extrapolated from this process's pace, validation included."""
        steps = done - self._first_step
        if self._began is None or steps < 3:
            return None
        return (time.monotonic() - self._began) / steps * (all_steps - done)
