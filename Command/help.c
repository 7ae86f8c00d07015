#include "command.h"

const char help[] =
    "chainrule reads, trains and converts neural networks.\n"
    "\n"
    "  chainrule info MODEL                      its inputs, layers, shapes and parameters\n"
    "  chainrule predict MODEL [DATA]            y for each row of x\n"
    "  chainrule train MODEL DATA --output OUT   go on training it; or a new one: --new 100,100\n"
    "  chainrule prepare MODEL OUT               pack its weights for this machine: predictions begin at once\n"
    "  chainrule convert MODEL OUT               from ONNX, FANN or the own format to another, or C source\n"
    "  chainrule COMMAND --help                  more about a command\n"
    "  chainrule --version\n"
    "\n"
    "MODEL is a file of this library (safetensors), an ONNX model or a network that FANN saved: the content decides. DATA is a\n"
    "file of numbers, or - for standard input: a row a line, separated by commas, semicolons, tabs or spaces. A first line that is\n"
    "without any number is a heading, and is left out.\n"
    "\n"
    "The exit code is 0, 1 after an error, and 2 for wrong arguments. Messages go to standard error.\n";

const char help_info[] =
    "chainrule info MODEL\n"
    "\n"
    "Prints a line for each layer: its name, its kind, its shape (channels last), its parameters and the layers that it reads. For\n"
    "an ONNX model, its inputs and outputs too, with their shapes for one row. And what else a file of this library holds: metadata,\n"
    "and its recipe, how it is trained.\n";

const char help_predict[] =
    "chainrule predict MODEL [DATA] [options]\n"
    "\n"
    "Prints y for each row of x: numbers separated by commas, with all their digits. DATA is standard input if it is not given.\n"
    "\n"
    "  --classes           print the place of the largest output instead, from 0, or its label if the network has class labels;\n"
    "                      of a single output, whether it is above a half, or as a score above 0\n"
    "  --precision NAME    float32 (the default), bfloat16 or int8: how the weights are held\n";

const char help_prepare[] =
    "chainrule prepare MODEL OUT [options]\n"
    "\n"
    "Writes a model's weights as a prediction reads them, for this processor's instruction set and this version of the program. predict\n"
    "takes OUT as a MODEL, reads only what it needs, and shares it with other processes. Keep MODEL.\n"
    "\n"
    "  --precision NAME    float32 (the default), bfloat16 or int8: how the weights are held\n";

const char help_train[] =
    "chainrule train MODEL DATA --output OUT [options]\n"
    "chainrule train --new WIDTHS DATA --output OUT [options]\n"
    "\n"
    "Trains a network, and saves it in the library's own format. A row of DATA has x and then the targets: as many as the network\n"
    "has outputs, or with --classes the number of its class, from 0. Progress goes to standard error. Interrupted (Ctrl-C), it saves\n"
    "what it has learnt: with --validation the best of it. OUT keeps how it was trained; training it again, that holds for whatever is not given.\n"
    "\n"
    "  --output OUT        the file to write; it may be MODEL itself\n"
    "  --new WIDTHS        make a perceptron with hidden layers of these widths: --new 100,50; --new 0: none\n"
    "  --activation NAME   of its hidden layers: relu (the default), tanh, gelu, ...\n"
    "  --targets N         how many of the last columns are its targets; 1 by default\n"
    "  --classes           the last column is a class; the cost is cross_entropy, of logits\n"
    "  --cost NAME         mean_squared_error (the default), mean_absolute_error, huber, binary_cross_entropy,\n"
    "                      binary_cross_entropy_logits or cross_entropy\n"
    "  --epochs N          10 by default\n"
    "  --batch N           rows of a step; 32 by default\n"
    "  --optimizer NAME    adam (the default), gradient_descent, momentum, adamw, ...\n"
    "  --rate NUMBER       the learning rate; 0.001 by default\n"
    "  --validation SHARE  hold out this share of the rows, and keep the parameters that are best there\n"
    "  --patience N        stop after so many epochs without a better cost\n"
    "  --seed N            of the first weights and the order of the rows; 0 by default. The same seed gives the same network\n";

const char help_convert[] =
    "chainrule convert MODEL OUT [options]\n"
    "\n"
    "Reads a model in any format, and writes it in the one that the name of OUT ends with:\n"
    "\n"
    "  .safetensors        the library's own: architecture and parameters\n"
    "  .onnx               ONNX, operator set 17, for ONNX Runtime and others\n"
    "  .c                  C99 source that depends on nothing, with the parameters in it\n"
    "\n"
    "For C:\n"
    "\n"
    "  --name NAME         begins the names of its functions; network by default\n"
    "  --precision NAME    float32 (the default) or int8\n"
    "  --train COST        write code that also trains: mean_squared_error, cross_entropy or binary_cross_entropy_logits\n"
    "  --momentum          with momentum\n";
