"""What a check tells Discord: at most two messages per dataset, and none when nothing changed."""

from __future__ import annotations

from loguru import logger

from core.catalog.tables import Decision
from core.config.messages import Message, Messages, render, say
from core.config.settings import get_settings
from core.loop import decisions
from core.loop.loop_run import LoopRun
from core.loop.stages import quick_parameters
from core.monitoring import deliveries
from core.monitoring.notify import BLUE, GREEN, YELLOW, Embed, send
from core.monitoring.subjects import MOST_PER_DATASET, about_dataset
from core.reporting.thumbnail import timeline_png
from core.workloads import get_workload
from core.workloads.base import ObservableTraining

_COLOURS = {
    decisions.PROMOTED: GREEN,
    decisions.REJECTED: YELLOW,
    decisions.PENDING: BLUE,
    decisions.ROLLED_BACK: YELLOW,
}


class CheckMessages:
    """The messages of one turn of the loop.

    An alarm before a training of seconds is sent together with the decision. Only a training that takes minutes is
    announced by itself, unless the dataset was told about already.
    """

    def __init__(self, run: LoopRun) -> None:
        self._run = run
        self._about = about_dataset(run.workload, run.dataset.id)
        self._held: list[Embed] = []

    def training_begins(self) -> None:
        """The alarm, once: not again while a challenger waits, and not for a training that somebody asked for."""
        run = self._run
        asked_for = run.champion is None or run.gate.reason.code == "gate.forced"
        if asked_for or run.challenge is not None:
            return
        self._held.append(self._embed(say("discord.alarm", workload=run.workload), run.gate.reason, YELLOW))
        minutes = isinstance(get_workload(run.workload), ObservableTraining)
        minutes = minutes and quick_parameters(run.workload, run.dataset) is None
        if minutes and not deliveries.sent_about(self._about):
            self._send()

    def decided(self, decision: Decision) -> None:
        """The result, with a chart. A champion that stays is no news."""
        workload, version = self._run.workload, decision.challenger_version
        titles = {
            decisions.PENDING: say("discord.pending", workload=workload, version=version),
            decisions.PROMOTED: say("discord.promoted", workload=workload, version=version),
            decisions.REJECTED: say("discord.rejected", workload=workload, version=version),
            decisions.ROLLED_BACK: say("discord.rolled-back", workload=workload, version=version),
        }
        if decision.kind in titles:
            chart = timeline_png(workload) if get_settings().discord_webhook_url is not None else None
            title = titles[decision.kind]
            self._held.append(self._embed(title, decision.reason, _COLOURS[decision.kind], chart))
        if self._held:
            self._send()

    def _embed(self, title: Message, reason: Message | Messages, colour: int, chart: bytes | None = None) -> Embed:
        run = self._run
        facts = {
            "champion": f"v{run.champion.version}" if run.champion else "none",
            get_workload(run.workload).metric: f"{run.scores.value:.3f}" if run.scores else "–",
            "dataset": run.dataset.id,
        }
        base = get_settings().workbench_url
        return Embed(render(title), render(reason), colour, facts, f"{base}/train" if base else "", chart)

    def _send(self) -> None:
        # The decision comes first in the delivery log and in the preview on a phone.
        embeds, self._held = self._held[::-1], []
        if deliveries.sent_about(self._about) >= MOST_PER_DATASET:
            logger.info("Not sent to Discord, {} was told about already: {}", self._about, embeds[0].title)
            return
        send(embeds, self._about)
