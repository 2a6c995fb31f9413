"""The English templates of messages about images, labels and proposals; as in :mod:`core.config.message_catalogue`."""

from __future__ import annotations

from core.config.message_plurals import Plural

OF_IMAGES: dict[str, str | Plural] = {
    "image.said_to_show": "Label suggested on import: {label}",
    "image.flagged": "{model} predicted {found:messages}; {user} labelled it {label}.",
    "image.flagged_nothing": "{model} predicted {found:messages}; {user} labelled it negative (no object).",
    "image.detection": "{label} ({confidence:percent})",
    "image.no_detection": "nothing",
    "image.lines_refused": "Label lines were rejected on import: {faults:messages}",
    "image.several_labels": "Its boxes were labelled {labels:list}.",
    "image.line_fault": "line {line}: {fault:message}",
    "import.progress": "{done:count} of {total:count} images",
    "import.new": Plural("images", "{images:count} new image", "{images:count} new images"),
    "import.boxes": Plural("boxes", "{boxes:count} box", "{boxes:count} boxes"),
    "import.negatives": "{images:count} negatives (no object)",
    "import.unlabelled": "{images:count} without boxes yet",
    "import.known": Plural("images", "{images:count} already present", "{images:count} already present"),
    "import.left_out": "{images:count} skipped",
    "import.refused": "{images:count} rejected",
    "import.lines_refused": Plural("lines", "{lines:count} label line rejected", "{lines:count} label lines rejected"),
    "import.labels_without_image": Plural(
        "labels", "{labels:count} label file without an image", "{labels:count} label files without an image"
    ),
    "import.fault_no_image": "{file}: there is no image for this label file",
    "import.fault_file": "{file}: {fault:message}",
    "import.fault_label": "{file}, {fault:message}",
    "import.fault_class": "{file}: class {number} is not in the list of names",
    "propose.progress": "{done:count} of {total:count} images processed",
    "propose.none_waiting": "No image needs a label",
    "propose.done": Plural(
        "looked",
        "Labels proposed for {found:count} of {looked:count} image; confirm them on the Label page",
        "Labels proposed for {found:count} of {looked:count} images; confirm them on the Label page",
    ),
    "video.progress": "Frame {done:count} of {total:count}",
    "video.done": "{frames:count} frames processed by version {version}; objects detected in {found:count} of them.",
    "video.done_starter": (
        "{frames:count} frames processed by the starter model; objects detected in {found:count} of them."
    ),
    "video.cut_off": "The file is truncated; only the first part was processed.",
    "box.label": "A box needs a label of 1 to 32 characters.",
    "box.provenance": "The provenance of a box is one of {known:list}, not {given}.",
    "box.confidence": "A confidence must be between 0 and 1, not {given:number}.",
    "box.not_finite": "The coordinates of a box must be finite numbers.",
    "box.no_size": "Width and height of a box must be above 0, not {size:number}.",
    "box.outside": "The box extends beyond the image: {axis} from {low:figure} to {high:figure}.",
    "box.no_area": "The box has no area inside the image.",
    "yolo.numbers_only": "only numbers are allowed",
    "yolo.class_number": "a class must be an integer from 0, not {given}",
    "yolo.not_finite": "coordinates must be finite numbers",
    "yolo.how_many": "expected 4 numbers (a box) or 6 or more in pairs (a polygon), found {given:count}",
    "archive.nameless": "The zip file is damaged: it contains a file without a name.",
    "archive.damaged": "The zip file is damaged ({error}). Create it again.",
    "archive.file_too_large": "The file is {size:megabytes}; the limit is {limit:megabytes}.",
    "archive.not_unpacked": "It cannot be unpacked ({error}).",
    "archive.not_zip": "This is not a zip file, or it is truncated. Choose a .zip file and upload it whole.",
    "archive.too_many": (
        "The zip file contains {files:count} files; the limit is {limit:count} (SHIFUMI_IMPORT_MAX_FILES). Split it."
    ),
    "archive.far_too_many": (
        "The zip file contains more than 65,000 files; the limit is {limit:count} (SHIFUMI_IMPORT_MAX_FILES). Split it."
    ),
    "archive.too_large": (
        "Unpacked, the zip file would take {size:megabytes}; the limit is {limit:megabytes} "
        "(SHIFUMI_IMPORT_MAX_UNPACKED_MB). Split it."
    ),
    "archive.bomb": (
        "The zip file would grow from {packed:megabytes} to {unpacked:megabytes}. That is not plausible for "
        "images, so it is rejected as a zip bomb."
    ),
    "archive.leads_out": "The zip file contains {name:quoted}, a path outside of it. It is rejected.",
    "archive.link": "The zip file contains {name:quoted}, a link instead of a file. Create it without links.",
    "archive.no_labels": (
        "None of the {images:count} images has a label file, although a data.yaml names classes: for {example:quoted} "
        "there is none. Add the label files, or choose what images without one are."
    ),
    "archive.labels_apart": (
        "{images:count} images have no label file, and {labels:count} label files have no image, so names probably "
        "differ. Images such as {some_images:list}; label files such as {some_labels:list}. Rename them, or choose "
        "what images without a label file are."
    ),
    "archive.locked": "The zip file is protected by a password. Create it without one.",
    "decode.too_large": (
        "The file is {size:megabytes}; the limit is {limit:megabytes} (SHIFUMI_IMAGE_MAX_MB). Save it smaller."
    ),
    "decode.memory": "There is not enough memory to open this image. Save it smaller.",
    "decode.cut_off": "The image is damaged or truncated ({error}). Save it again and retry.",
    "decode.bomb": "The image declares an implausible number of pixels ({error}).",
    "decode.damaged": "The image is damaged ({error}). Save it again and retry.",
    "decode.empty": "The file is empty.",
    "decode.heic": (
        "HEIC images cannot be opened. Save it as JPEG; iPhones do under Settings, Camera, Most Compatible."
    ),
    "decode.not_an_image": "This is not an image that can be opened. Use JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.",
    "decode.side": (
        "The image is {width:count} × {height:count} pixels; no side may be longer than {limit:count} "
        "(SHIFUMI_IMAGE_MAX_SIDE). Save it smaller."
    ),
    "decode.pixels": (
        "The image is {width:count} × {height:count} pixels, more than {limit:millions} (SHIFUMI_IMAGE_MAX_PIXELS). "
        "Save it smaller."
    ),
    "decode.tiny": "The image is {width:count} × {height:count} pixels; the minimum per side is {least}.",
    "decode.array": "Pixels are (height, width, 3) of uint8, not ({shape:list}) of {type}.",
    "export.progress": "{done:count} of {total:count} images",
}
