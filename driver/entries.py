"""What a person enters: ids and amounts, read or refused. Pure."""

from decimal import Decimal, InvalidOperation

from pydantic import TypeAdapter, ValidationError

from common.messages.fields import CpId, Kwh

_ID: TypeAdapter[str] = TypeAdapter(CpId)  # drivers' ids are of the same form
_KWH: TypeAdapter[Decimal] = TypeAdapter(Kwh)


def is_id(text: str) -> bool:
    """Whether a point or a driver may be called so."""
    try:
        _ID.validate_python(text)
    except ValidationError:
        return False
    return True


def read_energy(text: str) -> Decimal | None:
    """A limit in kWh, above 0 with at most 3 decimals; None for anything else."""
    try:
        return _KWH.validate_python(Decimal(text)) or None
    except (InvalidOperation, ValidationError):
        return None
