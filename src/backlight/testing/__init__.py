"""The contract suite: checks that a part, yours included, keeps what the rest of the library relies on."""

from backlight.testing.case import Case as Case
from backlight.testing.case import ContractError as ContractError
from backlight.testing.checks import CHECKS as CHECKS
from backlight.testing.checks import check_part as check_part
from backlight.testing.checks import check_saved as check_saved
from backlight.testing.gradients import central_difference as central_difference
