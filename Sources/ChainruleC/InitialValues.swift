// GROUP 14: Initial values
// The CRL_..._INIT macros as functions, for languages without macros. Each function writes the initial value into a
// structure of size bytes, and sets the structure's own size.

import CChainrule
import Chainrule

/// Gets the value of CRL_LAYER_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_layer_options).
/// - Returns: a status.
@_cdecl("crl_layer_options_init")
public func crlLayerOptionsInit(_ options: UnsafeMutablePointer<crl_layer_options>?, _ size: UInt) -> crl_status {
    call("crl_layer_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_layer_options.self)
    }
}

/// Gets the value of CRL_WINDOW_INIT.
/// - Parameters:
///   - window: receives the value.
///   - size: sizeof(crl_window).
/// - Returns: a status.
@_cdecl("crl_window_init")
public func crlWindowInit(_ window: UnsafeMutablePointer<crl_window>?, _ size: UInt) -> crl_status {
    call("crl_window_init") { () throws(ChainruleError) in
        try initialize(window, "window", size: size, crl_window.self)
    }
}

/// Gets the value of CRL_NORMALIZATION_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_normalization_options).
/// - Returns: a status.
@_cdecl("crl_normalization_options_init")
public func crlNormalizationOptionsInit(
    _ options: UnsafeMutablePointer<crl_normalization_options>?, _ size: UInt
) -> crl_status {
    call("crl_normalization_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_normalization_options.self)
    }
}

/// Gets the value of CRL_RECURRENT_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_recurrent_options).
/// - Returns: a status.
@_cdecl("crl_recurrent_options_init")
public func crlRecurrentOptionsInit(
    _ options: UnsafeMutablePointer<crl_recurrent_options>?, _ size: UInt
) -> crl_status {
    call("crl_recurrent_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_recurrent_options.self)
    }
}

/// Gets the value of CRL_ATTENTION_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_attention_options).
/// - Returns: a status.
@_cdecl("crl_attention_options_init")
public func crlAttentionOptionsInit(
    _ options: UnsafeMutablePointer<crl_attention_options>?, _ size: UInt
) -> crl_status {
    call("crl_attention_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_attention_options.self)
    }
}

/// Gets the value of CRL_ONNX_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_onnx_options).
/// - Returns: a status.
@_cdecl("crl_onnx_options_init")
public func crlOnnxOptionsInit(_ options: UnsafeMutablePointer<crl_onnx_options>?, _ size: UInt) -> crl_status {
    call("crl_onnx_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_onnx_options.self)
    }
}

/// Gets the value of CRL_LAYER_INIT.
/// - Parameters:
///   - layer: receives the value.
///   - size: sizeof(crl_layer).
/// - Returns: a status.
@_cdecl("crl_layer_init")
public func crlLayerInit(_ layer: UnsafeMutablePointer<crl_layer>?, _ size: UInt) -> crl_status {
    call("crl_layer_init") { () throws(ChainruleError) in
        try initialize(layer, "layer", size: size, crl_layer.self)
    }
}

/// Gets the value of CRL_TENSOR_INIT.
/// - Parameters:
///   - tensor: receives the value.
///   - size: sizeof(crl_tensor).
/// - Returns: a status.
@_cdecl("crl_tensor_init")
public func crlTensorInit(_ tensor: UnsafeMutablePointer<crl_tensor>?, _ size: UInt) -> crl_status {
    call("crl_tensor_init") { () throws(ChainruleError) in
        try initialize(tensor, "tensor", size: size, crl_tensor.self)
    }
}

/// Gets the value of CRL_COST_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_cost_options).
/// - Returns: a status.
@_cdecl("crl_cost_options_init")
public func crlCostOptionsInit(_ options: UnsafeMutablePointer<crl_cost_options>?, _ size: UInt) -> crl_status {
    call("crl_cost_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_cost_options.self)
    }
}

/// Gets the value of CRL_TARGETS_INIT.
/// - Parameters:
///   - targets: receives the value.
///   - size: sizeof(crl_targets).
/// - Returns: a status.
@_cdecl("crl_targets_init")
public func crlTargetsInit(_ targets: UnsafeMutablePointer<crl_targets>?, _ size: UInt) -> crl_status {
    call("crl_targets_init") { () throws(ChainruleError) in
        try initialize(targets, "targets", size: size, crl_targets.self)
    }
}

/// Gets the value of CRL_VALIDATION_INIT.
/// - Parameters:
///   - validation: receives the value.
///   - size: sizeof(crl_validation).
/// - Returns: a status.
@_cdecl("crl_validation_init")
public func crlValidationInit(_ validation: UnsafeMutablePointer<crl_validation>?, _ size: UInt) -> crl_status {
    call("crl_validation_init") { () throws(ChainruleError) in
        try initialize(validation, "validation", size: size, crl_validation.self)
    }
}

/// Gets the value of CRL_OPTIMIZER_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_optimizer_options).
/// - Returns: a status.
@_cdecl("crl_optimizer_options_init")
public func crlOptimizerOptionsInit(_ options: UnsafeMutablePointer<crl_optimizer_options>?, _ size: UInt) -> crl_status
{
    call("crl_optimizer_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_optimizer_options.self)
    }
}

/// Gets the value of CRL_LAYER_STEP_INIT.
/// - Parameters:
///   - step: receives the value.
///   - size: sizeof(crl_layer_step).
/// - Returns: a status.
@_cdecl("crl_layer_step_init")
public func crlLayerStepInit(_ step: UnsafeMutablePointer<crl_layer_step>?, _ size: UInt) -> crl_status {
    call("crl_layer_step_init") { () throws(ChainruleError) in
        try initialize(step, "step", size: size, crl_layer_step.self)
    }
}

/// Gets the value of CRL_SCHEDULE_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_schedule_options).
/// - Returns: a status.
@_cdecl("crl_schedule_options_init")
public func crlScheduleOptionsInit(_ options: UnsafeMutablePointer<crl_schedule_options>?, _ size: UInt) -> crl_status {
    call("crl_schedule_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_schedule_options.self)
    }
}

/// Gets the value of CRL_EPOCH_INIT.
/// - Parameters:
///   - epoch: receives the value.
///   - size: sizeof(crl_epoch).
/// - Returns: a status.
@_cdecl("crl_epoch_init")
public func crlEpochInit(_ epoch: UnsafeMutablePointer<crl_epoch>?, _ size: UInt) -> crl_status {
    call("crl_epoch_init") { () throws(ChainruleError) in
        try initialize(epoch, "epoch", size: size, crl_epoch.self)
    }
}

/// Gets the value of CRL_TRAIN_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_train_options).
/// - Returns: a status.
@_cdecl("crl_train_options_init")
public func crlTrainOptionsInit(_ options: UnsafeMutablePointer<crl_train_options>?, _ size: UInt) -> crl_status {
    call("crl_train_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_train_options.self)
    }
}

/// Gets the value of CRL_METRICS_INIT.
/// - Parameters:
///   - metrics: receives the value.
///   - size: sizeof(crl_metrics).
/// - Returns: a status.
@_cdecl("crl_metrics_init")
public func crlMetricsInit(_ metrics: UnsafeMutablePointer<crl_metrics>?, _ size: UInt) -> crl_status {
    call("crl_metrics_init") { () throws(ChainruleError) in
        try initialize(metrics, "metrics", size: size, crl_metrics.self)
    }
}

/// Gets the value of CRL_PROGRESS_INIT.
/// - Parameters:
///   - progress: receives the value.
///   - size: sizeof(crl_progress).
/// - Returns: a status.
@_cdecl("crl_progress_init")
public func crlProgressInit(_ progress: UnsafeMutablePointer<crl_progress>?, _ size: UInt) -> crl_status {
    call("crl_progress_init") { () throws(ChainruleError) in
        try initialize(progress, "progress", size: size, crl_progress.self)
    }
}

/// Gets the value of CRL_DATA_SOURCE_INIT.
/// - Parameters:
///   - source: receives the value.
///   - size: sizeof(crl_data_source).
/// - Returns: a status.
@_cdecl("crl_data_source_init")
public func crlDataSourceInit(_ source: UnsafeMutablePointer<crl_data_source>?, _ size: UInt) -> crl_status {
    call("crl_data_source_init") { () throws(ChainruleError) in
        try initialize(source, "source", size: size, crl_data_source.self)
    }
}

/// Gets the value of CRL_PLATEAU_STATE_INIT.
/// - Parameters:
///   - state: receives the value.
///   - size: sizeof(crl_plateau_state).
/// - Returns: a status.
@_cdecl("crl_plateau_state_init")
public func crlPlateauStateInit(_ state: UnsafeMutablePointer<crl_plateau_state>?, _ size: UInt) -> crl_status {
    call("crl_plateau_state_init") { () throws(ChainruleError) in
        try initialize(state, "state", size: size, crl_plateau_state.self)
    }
}

/// Gets the value of CRL_C_SOURCE_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_c_source_options).
/// - Returns: a status.
@_cdecl("crl_c_source_options_init")
public func crlCSourceOptionsInit(_ options: UnsafeMutablePointer<crl_c_source_options>?, _ size: UInt) -> crl_status {
    call("crl_c_source_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_c_source_options.self)
    }
}

/// Gets the value of CRL_GRADIENT_CHECK_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_gradient_check_options).
/// - Returns: a status.
@_cdecl("crl_gradient_check_options_init")
public func crlGradientCheckOptionsInit(_ options: UnsafeMutablePointer<crl_gradient_check_options>?, _ size: UInt)
    -> crl_status
{
    call("crl_gradient_check_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_gradient_check_options.self)
    }
}

/// Gets the value of CRL_GRADIENT_REPORT_INIT.
/// - Parameters:
///   - report: receives the value.
///   - size: sizeof(crl_gradient_report).
/// - Returns: a status.
@_cdecl("crl_gradient_report_init")
public func crlGradientReportInit(_ report: UnsafeMutablePointer<crl_gradient_report>?, _ size: UInt) -> crl_status {
    call("crl_gradient_report_init") { () throws(ChainruleError) in
        try initialize(report, "report", size: size, crl_gradient_report.self)
    }
}

/// Gets the value of CRL_MINIMIZE_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_minimize_options).
/// - Returns: a status.
@_cdecl("crl_minimize_options_init")
public func crlMinimizeOptionsInit(_ options: UnsafeMutablePointer<crl_minimize_options>?, _ size: UInt) -> crl_status {
    call("crl_minimize_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_minimize_options.self)
    }
}

/// Gets the value of CRL_MINIMUM_INIT.
/// - Parameters:
///   - minimum: receives the value.
///   - size: sizeof(crl_minimum).
/// - Returns: a status.
@_cdecl("crl_minimum_init")
public func crlMinimumInit(_ minimum: UnsafeMutablePointer<crl_minimum>?, _ size: UInt) -> crl_status {
    call("crl_minimum_init") { () throws(ChainruleError) in
        try initialize(minimum, "minimum", size: size, crl_minimum.self)
    }
}

/// Gets the value of CRL_CASCADE_OPTIONS_INIT.
/// - Parameters:
///   - options: receives the value.
///   - size: sizeof(crl_cascade_options).
/// - Returns: a status.
@_cdecl("crl_cascade_options_init")
public func crlCascadeOptionsInit(_ options: UnsafeMutablePointer<crl_cascade_options>?, _ size: UInt) -> crl_status {
    call("crl_cascade_options_init") { () throws(ChainruleError) in
        try initialize(options, "options", size: size, crl_cascade_options.self)
    }
}
