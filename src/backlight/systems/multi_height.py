"""Phase retrieval through focus: a lensless stack whose sample lies on the camera's own pixels."""

from dataclasses import replace
from functools import partial

from backlight.systems import lensless_stack
from backlight.systems.schemas import MULTI_HEIGHT

ENTRY = replace(lensless_stack.ENTRY, schema=MULTI_HEIGHT, ask=partial(lensless_stack.ask, balanced=True))
