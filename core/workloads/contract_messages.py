"""What data contracts find, by code."""

from __future__ import annotations

from core.config.message_plurals import Plural
from core.config.messages import register

_OF_VALUES: dict[str, str | Plural] = {
    "contract.failed": "The data contract could not be checked: {error:message}",
    "contract.not_finite": Plural(
        "rows",
        "{rows:count} row has a missing or infinite value, in {columns:list}.",
        "{rows:count} rows have missing or infinite values, in {columns:list}.",
    ),
    "contract.unknown_labels": Plural(
        "rows",
        "{rows:count} row has a label that is none of the {classes:count} classes.",
        "{rows:count} rows have labels that are none of the {classes:count} classes.",
    ),
    "contract.empty_split": "The {split} split has {rows:count} usable rows; it needs at least {least:count}.",
    "contract.missing_classes": (
        "The {split} split has too few rows of {classes:list}: each class needs at least {least:count}."
    ),
    "contract.constant_target": "The target is the same in every row of the {split} split.",
    "contract.duplicates": "{share:percent} of the rows repeat another row; {limit:percent} is the limit.",
    "contract.constant": "{feature} has the same value in every row.",
}

_OF_SCALE: dict[str, str | Plural] = {
    "contract.rescaled": ("The spread of {feature} is {ratio:number} times that of the last datasets. Check its unit."),
    "contract.shifted": (
        "The median of {feature} moved from {before:number} to {now:number}, by {spreads:number} times its "
        "interquartile range. Check its unit."
    ),
}

_OF_LABELS: dict[str, str | Plural] = {
    "contract.noise": (
        "A model fitted to this dataset is wrong on {error:percent} of its rows (cross-validated), in the last "
        "datasets on {reference:percent} ({p:p}). Labels may be wrong."
    ),
    "contract.noise_target": (
        "The error of a model fitted to this dataset is {error:percent} of the target's standard deviation "
        "(cross-validated), in the last datasets {reference:percent} ({p:p}). Targets may be wrong."
    ),
    "contract.swapped": (
        "Labels look swapped ({pairs:list}): as they are, {model:term} is right on {now:percent} of the rows, with the "
        "labels exchanged on {exchanged:percent}."
    ),
    "contract.inverted": (
        "The signs of all features look inverted: as they are, {model:term} is right on {now:percent} of the rows, "
        "with the signs turned on {exchanged:percent}."
    ),
    "contract.inverted_target": (
        "The sign of the target, or of all features, looks inverted: it falls where {model:term} expects it to rise."
    ),
    "contract.rescaled_target": (
        "The target looks rescaled: it changes {ratio:number} times as much as {model:term} expects. Check its unit."
    ),
}

_OF_IMAGES: dict[str, str | Plural] = {
    "contract.repeated_images": "{share:percent} of the images occur more than once; {limit:percent} is the limit.",
    "contract.bad_boxes": Plural(
        "boxes",
        "{boxes:count} box has no size, or lies outside of its image.",
        "{boxes:count} boxes have no size, or lie outside of their image.",
    ),
    "contract.whole_image_boxes": (
        "{share:percent} of the boxes cover nearly the entire image, in the last datasets {reference:percent}."
    ),
    "contract.box_proportions": (
        "The {what:term} of new boxes is unusual: its median is {now:number}, and {low:number} to "
        "{high:number} in the last datasets."
    ),
}

register({**_OF_VALUES, **_OF_SCALE, **_OF_LABELS, **_OF_IMAGES})
