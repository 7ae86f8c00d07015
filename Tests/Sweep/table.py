"""The arguments of a good call of every function: the table behind the sweep of bad calls.

A count belongs to a quantity, such as the rows of x. All counts of one quantity in a call must be equal. An array has the length
of the smallest of them, so a call with contradictory counts must not read to the end of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Count:
    """How many there are of a quantity. Without a quantity it stands alone, and only SIZE_MAX is sure to be wrong."""

    quantity: str = ""
    honest: str = ""
    kind: str = "COUNT"


def room(quantity: str, factor: str = "1") -> Count:
    """Room for at least so many."""
    return Count(quantity, factor, "ROOM")


def stride(quantity: str) -> Count:
    """Floats from row to row, at least the columns."""
    return Count(quantity, "", "STRIDE")


def free(honest: str) -> Count:
    """A number that is compared with none."""
    return Count("", honest, "FREE")


def any_number(honest: str) -> Count:
    """The same where even SIZE_MAX is right."""
    return Count("", honest, "ANY")


def automatic(honest: str) -> Count:
    """A number that is compared with none; CRL_AUTO_SIZE is right, 0 is wrong."""
    return Count("", honest, "AUTOMATIC")


@dataclass(frozen=True)
class Array:
    """Rows of so many columns, each a quantity; stride is the count that says how far apart the rows lie."""

    content: str
    rows: str = ""
    columns: str = ""
    stride: str = ""
    factor: str = "1"


@dataclass(frozen=True)
class Structure:
    """A structure that begins with its _INIT macro; fields are what a good call sets."""

    fields: dict[str, Count | Array | Structure | str] = field(default_factory=dict)


def reads(rows: str, columns: str = "", stride: str = "") -> Array:
    return Array("FLOATS", rows, columns, stride)


def writes(rows: str, columns: str = "", stride: str = "", factor: str = "1") -> Array:
    return Array("WRITTEN", rows, columns, stride, factor)


def values(rows: str) -> Structure:
    """Target values of `rows`, and sample weights."""
    return Structure(
        {
            "values": reads(rows, "outputs", "stride"),
            "rows": Count(rows),
            "columns": Count("outputs"),
            "stride": stride("outputs"),
            "weights": Array("WEIGHTS", rows),
            "weights_count": Count(rows),
            "classes": "NULL",
            "classes_count": "0",
        }
    )


def classes(rows: str) -> Structure:
    return Structure(
        {
            "classes": Array("CLASSES", rows),
            "classes_count": Count(rows),
            "weights": Array("WEIGHTS", rows),
            "weights_count": Count(rows),
            "values": "NULL",
            "rows": "0",
            "columns": "0",
            "stride": "0",
        }
    )


def validation(targets: Structure) -> Structure:
    """Held-out rows with their targets."""
    return Structure(
        {
            "x": reads("held", "inputs", "stride"),
            "rows": Count("held"),
            "stride": stride("inputs"),
            "targets": targets,
        }
    )


COST = Structure({"kind": "cost_kind"})
SCHEDULE = Structure(
    {
        "kind": "CRL_SCHEDULE_STEP",
        "warmup": free("2"),
        "period": free("3"),
        "period_factor": any_number("SIZE_MAX"),
        "patience": any_number("SIZE_MAX"),
        "cooldown": any_number("SIZE_MAX"),
    }
)
OUTPUT = Structure()

# The number of each quantity, and the quantities that a network's size decides.
QUANTITIES = {
    "rows": "5",
    "held": "4",
    "inputs": "3",
    "outputs": "2",
    "parameters": "26",
    "confusion": "4",
    "names": "2",
    "activations": "2",
    "axes": "2",
    "windowed": "1",
    "rank": "1",
    "file": "FILE_BYTES",
    "model": "MODEL_BYTES",
    "model_axes": "2",
    "onnx": "96",
    "fann": "FANN_BYTES",
    "state": "STATE_BYTES",
}
OF_THE_NETWORK = {"inputs", "outputs", "parameters", "confusion"}

# Parameters by name, with their type where two of one name differ.
PARAMETERS: dict[str, Count | Array | Structure | str] = {
    "x": reads("rows", "inputs", "x_stride"),
    "x_rows": Count("rows"),
    "x_stride": stride("inputs"),
    "x_tangent": reads("rows", "inputs", "x_tangent_stride"),
    "x_tangent_stride": stride("inputs"),
    "w_tangent": reads("parameters"),
    "w_tangent_count": Count("parameters"),
    "vector": reads("parameters"),
    "vector_count": Count("parameters"),
    "product": writes("parameters"),
    "product_count": Count("parameters"),
    "gradients": writes("parameters"),
    "gradients_count": Count("parameters"),
    "y": writes("rows", "outputs", "y_stride"),
    "y_rows": room("rows"),
    "y_stride": stride("outputs"),
    "y_columns": Count("outputs"),
    "y_tangent": writes("rows", "outputs", "y_tangent_stride"),
    "y_tangent_rows": room("rows"),
    "y_tangent_stride": stride("outputs"),
    "u": reads("rows", "outputs", "u_stride"),
    "u_stride": stride("outputs"),
    "x_gradient": writes("rows", "inputs", "x_gradient_stride"),
    "x_gradient_rows": room("rows"),
    "x_gradient_stride": stride("inputs"),
    "dC_dy": writes("rows", "outputs", "dC_dy_stride"),
    "dC_dy_rows": room("rows"),
    "dC_dy_stride": stride("outputs"),
    "dC_dx": writes("rows", "inputs", "dC_dx_stride"),
    "dC_dx_rows": room("rows"),
    "dC_dx_stride": stride("inputs"),
    "hessian": writes("parameters", "parameters", "hessian_stride"),
    "hessian_rows": room("parameters"),
    "hessian_stride": stride("parameters"),
    "jacobian": writes("rows", "parameters", "jacobian_stride", factor="2"),
    "jacobian_rows": room("rows", "2"),
    "jacobian_stride": stride("parameters"),
    "confusion": Array("WRITTEN_DOUBLES", "confusion"),
    "confusion_count": Count("confusion"),
    "targets": values("rows"),
    "validation": validation(values("held")),
    "C": "result",
    "inputs": Count("inputs"),
    "outputs": Count("outputs"),
    "inputs_count": Count("names"),
    "const char * const * inputs": Array("NAMES", "names"),
    "const size_t * extents": Array("EXTENTS", "axes"),
    "const size_t * axes": Array("ORDER", "axes"),
    "const size_t * begin": Array("ZEROS", "axes"),
    "const size_t * end": Array("EXTENTS", "axes"),
    "const size_t * before": Array("ONES", "windowed"),
    "const size_t * after": Array("ZEROS", "windowed"),
    "const size_t * factors": Array("ONES", "windowed"),
    "axes_count": Count("axes"),
    "channels": free("4"),
    "groups": free("1"),
    "size_t axis": free("0"),
    "a": '"0"',
    "b": '"0"',
    "crl_reduction_method method": "CRL_REDUCE_MAXIMUM",
    "keep_axes": "1",
    "crl_pooling method": "CRL_POOLING_MEAN",
    "crl_function function": "CRL_FUNCTION_CLIP",
    "float p": "-1.0f",
    "float q": "2.0f",
    "crl_normalization method": "CRL_NORMALIZATION_GROUP",
    "crl_window * window": OUTPUT,
    "const crl_window * window": Structure({"kernel": "(crl_axes){ 1, 0, 0 }"}),
    "const crl_normalization_options * normalization": Structure({"groups": free("1")}),
    "crl_cell cell": "CRL_CELL_LSTM",
    "crl_attention_options * attention": OUTPUT,
    "const crl_attention_options * attention": Structure(
        {
            "heads": free("1"),
            "width": any_number("0"),
            "key": "NULL",
            "value": "NULL",
            "lengths": "NULL",
        }
    ),
    "crl_recurrent_options * recurrent": OUTPUT,
    "const crl_recurrent_options * recurrent": Structure({"initial_state": "NULL", "lengths": "NULL"}),
    "float * * state": "result",
    "size_t * extents": Array("WRITTEN_SIZES", "rank"),
    "size_t * rank": "result",
    "size_t * inputs": "result",
    "size_t * outputs": "result",
    "size_t * count": "result",
    "size_t * units": "result",
    "size_t * rows": "result",
    "size_t * columns": "result",
    "crl_cancel * * before": "result",
    "crl_cancel_poll poll": "NULL",
    "void * user": "NULL",
    "float * rate": "result",
    "float * learning_rate": "result",
    "crl_precision * precision": "result",
    "const char * * name": "result",
    "float * * parameters": "result",
    "const float * * values": "result",
    "units": free("4"),
    "tokens": free("7"),
    "width": free("3"),
    "crl_positions positions": "CRL_POSITIONS_LEARNED",
    "max_rows": free("5"),
    "index": free("1"),
    "size_t input": free("0"),
    "top": free("2"),
    "t": free("4"),
    "epochs": free("3"),
    "memory_limit": any_number("0"),
    "path": "path",
    "const void * bytes": Array("FILE_CONTENT", "file"),
    "void * bytes": Array("WRITTEN_BYTES", "file"),
    "capacity": room("file"),
    "size_t count": Count("file"),
    "write": "write_bytes",
    "read": "read_bytes",
    "layer": '"0"',
    "name": '"0.weight"',
    "crl_activation activation": "CRL_TANH",
    "crl_precision precision": "CRL_PRECISION_INT8",
    "crl_purpose purpose": "CRL_PURPOSE_TRAINING",
    "crl_quantity quantity": "CRL_QUANTITY_H",
    "crl_variable variable": "CRL_VARIABLE_PARAMETERS",
    "crl_status status": "CRL_OK",
    "float rate": "0.5f",
    "float deviation": "0.5f",
    "float learning_rate": "0.5f",
    "float base": "0.5f",
    "double cost": "0.5",
    "accumulate": "0",
    "active": "1",
    "seed": "1",
    "instruction_set": "instruction_set()",
    "step": "1",
    "const crl_cost_options * cost": COST,
    "const crl_schedule_options * schedule": SCHEDULE,
    "crl_metrics * metrics": OUTPUT,
    "crl_epoch * epoch": OUTPUT,
    "crl_progress * progress": OUTPUT,
    "crl_minimum * minimum": OUTPUT,
    "crl_gradient_report * report": OUTPUT,
    "crl_tensor * tensor": OUTPUT,
    "crl_layer * layer": OUTPUT,
    "crl_layer_options * options": OUTPUT,
    "crl_plateau_state * state": Structure(
        {"epochs": any_number("2"), "waited": free("1"), "cooling": free("1"), "lowest": "0.25"}
    ),
    "const crl_layer_options * options": Structure({"name": '"added"', "input": "NULL"}),
    "const crl_optimizer_options * options": Structure(),
    "const crl_layer_step * options": Structure(),
    "const crl_c_source_options * options": Structure({"name": '"swept"', "cost": COST}),
    "const crl_gradient_check_options * options": Structure({"max_coordinates": free("3")}),
    "const crl_train_options * options": Structure(
        {
            "cost": COST,
            "optimizer": "optimizer",
            "epochs": free("1"),
            "batch_size": free("2"),
            "threads": automatic("1"),
            "class_weights": "NULL",
            "class_weights_count": any_number("0"),
            "patience": automatic("1"),
            "schedule": SCHEDULE,
        }
    ),
    "const crl_minimize_options * options": Structure(
        {
            "cost": COST,
            "max_iterations": free("2"),
            "max_evaluations": automatic("4"),
            "threads": automatic("1"),
            "memory": automatic("3"),
            "l2": "0.1",
            "patience": automatic("1"),
        }
    ),
    "const crl_cascade_options * options": Structure(
        {
            "cost": COST,
            "activations": Array("ACTIVATIONS", "activations"),
            "activations_count": Count("activations"),
            "candidates": room("activations"),
            "max_units": free("1"),
            "max_iterations": free("2"),
            "patience": automatic("1"),
            "threads": automatic("1"),
        }
    ),
    "const crl_onnx_options * options": Structure(
        {"memory_limit": any_number("0"), "shapes": "NULL", "shapes_count": any_number("0")}
    ),
    "const crl_data_source * source": Structure({"function": "give_rows", "columns": Count("outputs"), "weights": "1"}),
}

# Parameters of a call whose targets are classes.
CLASSES: dict[str, Count | Array | Structure | str] = {
    "targets": classes("rows"),
    "validation": validation(classes("held")),
}
# Fields of the structures of such a call.
FIELDS_OF_CLASSES: dict[str, Count | Array | Structure | str] = {
    "class_weights": Array("WEIGHTS", "outputs"),
    "class_weights_count": Count("outputs"),
}

# What succeeds once in a process, before all else, and where it is tested with bad arguments.
ELSEWHERE = {"crl_set_allocator": "Tests/Clients/allocator.c"}

# What a function has otherwise.
FUNCTIONS: dict[str, dict[str, Count | Array | Structure | str]] = {
    "crl_network_add_dense": {"network": "open_network"},
    "crl_network_add_activation": {"network": "open_network"},
    "crl_network_add_dropout": {"network": "open_network"},
    "crl_network_add_noise": {"network": "open_network"},
    "crl_network_add_reshape": {"network": "open_network", "extents_count": Count("axes")},
    "crl_network_layer_shape": {"extents_count": room("rank")},
    "crl_network_tensor_shape": {"extents_count": room("rank")},
    "crl_network_add_input": {"network": "open_network", "name": '"part"', "extents_count": Count("axes")},
    "crl_network_add_convolution": {"network": "shaped_network"},
    "crl_network_add_transposed_convolution": {"network": "shaped_network"},
    "crl_network_add_pooling": {"network": "shaped_network"},
    "crl_network_add_normalization": {"network": "shaped_network"},
    "crl_network_add_prelu": {"network": "shaped_network"},
    "crl_network_add_softmax": {"network": "shaped_network"},
    "crl_network_add_channel_dropout": {"network": "shaped_network"},
    "crl_network_add_recurrent": {"network": "shaped_network"},
    "crl_network_add_bidirectional": {"network": "shaped_network"},
    "crl_network_add_parameter": {"network": "open_network", "extents_count": Count("axes")},
    "crl_network_add_constant": {"network": "open_network", "extents_count": Count("axes")},
    "crl_network_add_embedding": {"network": "open_network"},
    "crl_network_add_positions": {"network": "shaped_network"},
    "crl_network_add_attention": {"network": "shaped_network"},
    "crl_network_layer_attention": {"network": "shaped_network", "index": free("7")},
    "crl_network_layer_recurrent": {"network": "shaped_network", "index": free("5")},
    "crl_network_add_transpose": {"network": "shaped_network"},
    "crl_network_add_slice": {"network": "shaped_network"},
    "crl_network_add_split": {
        "network": "shaped_network",
        "sizes": Array("ONES", "axes"),
        "sizes_count": Count("axes"),
    },
    "crl_network_add_zero_padding": {"network": "shaped_network", "axes_count": Count("windowed")},
    "crl_network_add_take": {
        "network": "shaped_network",
        "indices": Array("ZEROS", "axes"),
        "indices_count": Count("axes"),
    },
    "crl_network_add_matrix_product": {
        "network": "shaped_network",
        "a": '"3"',
        "b": '"3"',
        "transpose_b": "1",
        "name": '"product"',
    },
    "crl_network_add_reduction": {"network": "shaped_network"},
    "crl_network_add_broadcast": {"network": "shaped_network", "extents_count": Count("axes")},
    "crl_network_add_upsampling": {"network": "shaped_network", "axes_count": Count("windowed")},
    "crl_network_add_mean": {"network": "open_network", "name": '"mean"'},
    "crl_network_add_difference": {"network": "open_network", "name": '"difference"'},
    "crl_network_add_product": {"network": "open_network", "name": '"product"'},
    "crl_network_add_quotient": {"network": "open_network", "name": '"quotient"'},
    "crl_network_add_maximum": {"network": "open_network", "name": '"maximum"'},
    "crl_network_add_minimum": {"network": "open_network", "name": '"minimum"'},
    "crl_network_add_power": {"network": "open_network", "name": '"power"'},
    "crl_network_add_function": {"network": "open_network"},
    "crl_network_add_concatenation_along": {"network": "open_network", "name": '"along"'},
    "crl_network_layer_axes": {
        "network": "shaped_network",
        "index": free("4"),
        "ends": Array("WRITTEN_SIZES", "axes"),
        "extents": Array("WRITTEN_SIZES", "axes"),
        "extents_count": room("axes"),
    },
    "crl_network_layer_normalization": {
        "network": "normal_network",
        "index": free("2"),
        "normalization": OUTPUT,
    },
    "crl_network_layer_window": {"network": "shaped_network", "index": free("3")},
    "crl_network_load_fann": {"path": "fann_path"},
    "crl_network_load_fann_from_memory": {"bytes": Array("FANN_CONTENT", "fann"), "count": Count("fann")},
    "crl_network_load_onnx": {"path": "model_path"},
    "crl_network_load_onnx_from_memory": {"bytes": Array("MODEL_CONTENT", "model"), "count": Count("model")},
    "crl_network_save_onnx": {"network": "model_network"},
    "crl_network_save_onnx_to_memory": {
        "network": "model_network",
        "bytes": Array("WRITTEN_BYTES", "onnx"),
        "capacity": room("onnx"),
    },
    "crl_network_set_class_labels": {
        "labels": Array("NAMES", "outputs"),
        "labels_count": free("2"),
    },
    "crl_network_class_label_count": {"count": "result"},
    "crl_network_class_label": {"network": "labelled_network", "index": free("1"), "label": "result"},
    # How many bytes there are depends on the instruction set.
    "crl_network_export_c_to_memory": {"bytes": "NULL", "capacity": "0"},
    "crl_network_onnx_count": {"network": "model_network", "inputs": "result", "outputs": "result"},
    "crl_network_onnx_input": {
        "network": "model_network",
        "index": free("0"),
        "extents": Array("WRITTEN_SIZES", "model_axes"),
        "extents_count": room("model_axes"),
        "batch_axis": "result",
    },
    "crl_network_onnx_output": {
        "network": "model_network",
        "index": free("0"),
        "extents": Array("WRITTEN_SIZES", "model_axes"),
        "extents_count": room("model_axes"),
        "batch_axis": "result",
    },
    "crl_network_state": {"network": "normal_network"},
    "crl_network_state_tensor_count": {"network": "normal_network"},
    "crl_network_state_tensor": {"network": "normal_network"},
    "crl_network_state_tensor_shape": {"network": "normal_network", "extents_count": room("rank")},
    "crl_network_set_metadata": {"key": '"author"', "value": '"me"'},
    "crl_network_metadata": {"key": '"author"', "value": "result"},
    "crl_network_metadata_at": {"index": free("0"), "key": "result", "value": "result"},
    "crl_network_recipe": {
        "options": Structure({"class_weights_count": any_number("0")}),
        "optimizer": OUTPUT,
        "cost": OUTPUT,
        "schedule": OUTPUT,
        "class_weights": writes("outputs"),
        "class_weights_count": any_number("2"),
    },
    "crl_network_add_standardization": {"network": "open_network"},
    "crl_network_fit_standardization": {"network": "standard_network", "layer": '"3"'},
    "crl_network_set_standardization": {
        "network": "standard_network",
        "layer": '"3"',
        "mean": reads("inputs"),
        "scale": reads("inputs"),
        "count": Count("inputs"),
    },
    "crl_predictor_class_label_count": {"count": "result"},
    "crl_predictor_class_label": {"predictor": "labelled_predictor", "index": free("1"), "label": "result"},
    "crl_predictor_open": {"path": "prepared_path", "check_data": "1"},
    "crl_network_update_statistics": {"network": "normal_network", "workspace": "normal_workspace"},
    "crl_network_add_sum": {"network": "open_network", "name": '"sum"'},
    "crl_network_add_concatenation": {"network": "open_network", "name": '"both"'},
    "crl_network_build": {"network": "open_network"},
    "crl_network_build_for": {"network": "open_network"},
    # What the mean squared error decides cannot be confused.
    "crl_network_evaluate (values)": {"confusion": "NULL", "confusion_count": any_number("0")},
    "crl_cost": {
        "y": reads("rows", "outputs", "y_stride"),
        "y_rows": Count("rows"),
    },
    "crl_backward": {
        "dC_dy": reads("rows", "outputs", "dC_dy_stride"),
        "dC_dy_rows": Count("rows"),
    },
    "crl_backward_until": {
        "dC_dy": reads("rows", "outputs", "dC_dy_stride"),
        "dC_dy_rows": Count("rows"),
        "first": free("9"),
    },
    "crl_step": {"gradients": reads("parameters")},
    "crl_stream_create": {"predictor": "causal_predictor"},
    "crl_stream_push": {"x": reads("rows", "inputs"), "frames": Count("rows"), "y": writes("rows", "outputs")},
    "crl_stream_save": {"bytes": Array("WRITTEN_BYTES", "state"), "capacity": room("state")},
    "crl_stream_restore": {"bytes": Array("FILE_CONTENT", "state"), "count": Count("state")},
    "crl_stream_frames": {"frames": "result"},
    "crl_plateau_rate": {
        "schedule": Structure(
            {
                "kind": "CRL_SCHEDULE_PLATEAU",
                "warmup": free("2"),
                "period": any_number("SIZE_MAX"),
                "period_factor": any_number("SIZE_MAX"),
                "patience": any_number("1"),
                "cooldown": any_number("1"),
            }
        )
    },
    "crl_trainer_reset_states": {"trainer": "carrying_trainer"},
    "crl_trainer_set_epochs": {"epochs": free("2")},
    "crl_trainer_create": {
        "options": Structure(
            {
                "cost": COST,
                "optimizer": "optimizer",
                "epochs": free("1"),
                "batch_size": free("2"),
                "threads": automatic("1"),
                "class_weights": "NULL",
                "class_weights_count": any_number("0"),
                "patience": automatic("1"),
                "schedule": SCHEDULE,
            }
        )
    },
}
