// GROUP 9: Step by step

import CChainrule
import Chainrule

/// Computes the learning rate of a schedule at t. The rate must follow from t alone: not for CRL_SCHEDULE_PLATEAU,
/// CRL_CUSTOM_SCHEDULE or a period of 0.
/// - Parameters:
///   - schedule: the schedule, with its warm-up.
///   - base: η, the starting rate, finite and ≥ 0.
///   - t: the number of steps or epochs taken.
///   - rate: receives the rate.
/// - Returns: a status.
@_cdecl("crl_schedule_rate")
public func crlScheduleRate(
    _ schedule: UnsafePointer<crl_schedule_options>?, _ base: Float, _ t: UInt, _ rate: UnsafeMutablePointer<Float>?
) -> crl_status {
    call("crl_schedule_rate") { () throws(ChainruleError) in
        guard let schedule else { throw nullArgument("schedule") }
        let formula = try ChainruleC.schedule(schedule)
        guard let rate else { throw nullArgument("rate") }
        rate.pointee = try formula.rate(base: base, at: count(t, "t"))
    }
}

/// Computes the learning rate after an epoch, by CRL_SCHEDULE_PLATEAU.
/// - Parameters:
///   - schedule: of this kind. Its warm-up is ignored.
///   - state: holds the state after the earlier epochs, CRL_PLATEAU_STATE_INIT before the first; receives the next. It
///     is complete: you may copy and store it.
///   - cost: C of the epoch, finite.
///   - rate: holds the rate, finite and ≥ 0; receives the next.
/// - Returns: a status; also CRL_ERROR_NOT_FINITE. After an error state and rate are unchanged.
@_cdecl("crl_plateau_rate")
public func crlPlateauRate(
    _ schedule: UnsafePointer<crl_schedule_options>?, _ state: UnsafeMutablePointer<crl_plateau_state>?,
    _ cost: Double, _ rate: UnsafeMutablePointer<Float>?
) -> crl_status {
    call("crl_plateau_rate") { () throws(ChainruleError) in
        guard let schedule else { throw nullArgument("schedule") }
        guard case .plateau(let plateau) = try ChainruleC.schedule(schedule).source else {
            throw ChainruleError(.value, "schedule->kind is not CRL_SCHEDULE_PLATEAU")
        }
        guard let state else { throw nullArgument("state") }
        var now = try structure(state, "state")
        guard let rate else { throw nullArgument("rate") }
        var current = Plateau.State()
        if now.epochs > 0 { current.lowest = now.lowest }
        current.waited = try count(UInt(bitPattern: now.waited), "state->waited")
        current.cooling = try count(UInt(bitPattern: now.cooling), "state->cooling")
        guard !current.lowest.isNaN else { throw ChainruleError(.value, "state->lowest is nan") }
        let next = try plateau.rate(after: cost, from: rate.pointee, &current)
        rate.pointee = next
        now.epochs &+= 1
        now.lowest = current.lowest
        now.waited = current.waited
        now.cooling = current.cooling
        write(now, to: state)
    }
}
