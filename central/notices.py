"""What Central tells a driver without being asked. No I/O."""

from central.domain.sessions import Session
from common.messages import ChargeCompletion, ChargingData, ChargingStatusUpdate, PointStatus, Reason
from common.money import kwh


def status_notice(session: Session, status: PointStatus, message_id: str, now: float) -> ChargingStatusUpdate:
    return ChargingStatusUpdate(
        message_id=message_id,
        timestamp=now,
        session_id=session.session_id,
        cp_id=session.cp_id,
        driver_id=session.driver_id,
        status=status,
        progress=session.progress,
    )


def data_notice(session: Session, message_id: str, now: float) -> ChargingData:
    """The newest reading, with the cost as Central computes it."""
    return ChargingData(
        message_id=message_id,
        timestamp=now,
        cp_id=session.cp_id,
        session_id=session.session_id,
        energy_consumed_kwh=kwh(session.energy_wh),
        total_cost=session.total_cost,
        charging_rate=session.rate_kw,
    )


def ticket(session: Session, message_id: str, now: float) -> ChargeCompletion:
    """The final account as it was billed."""
    return ChargeCompletion(
        message_id=message_id,
        timestamp=now,
        cp_id=session.cp_id,
        session_id=session.session_id,
        energy_consumed_kwh=kwh(session.energy_wh),
        total_cost=session.total_cost,
        reason=session.reason or Reason.ENGINE_RESTART,
    )
