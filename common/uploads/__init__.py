"""Photos and files that people upload: judged by content, measured, and made fit to show. Knows no model.

upload = inspect_upload(file, filename=file.name)       # raises UploadRefused, whose text is for the person
keep_files(row, upload)                                 # into the row's file fields; discard_files if it is rolled back
"""

from common.uploads.fingerprint import bands, hamming, hash_candidates, perceptual_hash
from common.uploads.inspection import inspect_upload
from common.uploads.kinds import ALLOWED
from common.uploads.serving import random_name, serve
from common.uploads.shapes import InspectedUpload, UploadLimits, UploadRefused
from common.uploads.storing import discard_files, keep_files

__all__ = [
    "ALLOWED",
    "InspectedUpload",
    "UploadLimits",
    "UploadRefused",
    "bands",
    "discard_files",
    "hamming",
    "hash_candidates",
    "inspect_upload",
    "keep_files",
    "perceptual_hash",
    "random_name",
    "serve",
]
