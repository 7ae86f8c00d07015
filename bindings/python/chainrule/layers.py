"""Layers for Sequential() and Model(), each a method add_…() of Network with its arguments and defaults.

Where Keras has a layer, it has Keras's name here. Its arguments are those of the method: Conv2D(8, 3, "relu") has 8
channels, windows of 3 × 3 and a ReLU. MaxPooling() and AveragePooling() without a kernel are over all positions.
Activation("relu") is a layer; the functions of a custom one are in a chainrule.Activation.
"""

from ._models import joining as _joining
from ._models import layer as _layer
from ._models import layer_with as _layer_with
from ._models import pairing as _pairing
from ._network import Network as _Network

Dense = _layer("Dense", _Network.add_dense)
Activation = _layer("Activation", _Network.add_activation)
PReLU = _layer("PReLU", _Network.add_prelu)
Softmax = _layer("Softmax", _Network.add_softmax)
Function = _layer("Function", _Network.add_function)

Dropout = _layer("Dropout", _Network.add_dropout)
ChannelDropout = _layer("ChannelDropout", _Network.add_channel_dropout)
GaussianNoise = _layer("GaussianNoise", _Network.add_noise)

Conv1D = _layer("Conv1D", _Network.add_convolution, 1)
Conv2D = _layer("Conv2D", _Network.add_convolution, 2)
Conv3D = _layer("Conv3D", _Network.add_convolution, 3)
Conv1DTranspose = _layer("Conv1DTranspose", _Network.add_transposed_convolution, 1)
Conv2DTranspose = _layer("Conv2DTranspose", _Network.add_transposed_convolution, 2)
Conv3DTranspose = _layer("Conv3DTranspose", _Network.add_transposed_convolution, 3)
MaxPooling = _layer_with("MaxPooling", _Network.add_pooling, "maximum")
MaxPooling1D = _layer_with("MaxPooling1D", _Network.add_pooling, "maximum", 1)
MaxPooling2D = _layer_with("MaxPooling2D", _Network.add_pooling, "maximum", 2)
MaxPooling3D = _layer_with("MaxPooling3D", _Network.add_pooling, "maximum", 3)
AveragePooling = _layer_with("AveragePooling", _Network.add_pooling, "mean")
AveragePooling1D = _layer_with("AveragePooling1D", _Network.add_pooling, "mean", 1)
AveragePooling2D = _layer_with("AveragePooling2D", _Network.add_pooling, "mean", 2)
AveragePooling3D = _layer_with("AveragePooling3D", _Network.add_pooling, "mean", 3)

BatchNormalization = _layer_with("BatchNormalization", _Network.add_normalization, "batch")
LayerNormalization = _layer_with("LayerNormalization", _Network.add_normalization, "layer")
RMSNormalization = _layer_with("RMSNormalization", _Network.add_normalization, "rms")
GroupNormalization = _layer_with("GroupNormalization", _Network.add_normalization, "group")
Standardization = _layer("Standardization", _Network.add_standardization)

Flatten = _layer("Flatten", _Network.add_flatten)
Reshape = _layer("Reshape", _Network.add_reshape)
Transpose = _layer("Transpose", _Network.add_transpose)
Slice = _layer("Slice", _Network.add_slice)
ZeroPadding = _layer("ZeroPadding", _Network.add_zero_padding)
UpSampling = _layer("UpSampling", _Network.add_upsampling)
Take = _layer("Take", _Network.add_take)
Broadcast = _layer("Broadcast", _Network.add_broadcast)
Reduction = _layer("Reduction", _Network.add_reduction)

SimpleRNN = _layer("SimpleRNN", _Network.add_rnn)
GRU = _layer("GRU", _Network.add_gru)
LSTM = _layer("LSTM", _Network.add_lstm)
Embedding = _layer("Embedding", _Network.add_embedding)
Positions = _layer("Positions", _Network.add_positions)
MultiHeadAttention = _layer("MultiHeadAttention", _Network.add_attention)
Parameter = _layer("Parameter", _Network.add_parameter)
Constant = _layer("Constant", _Network.add_constant)

Add = _joining("Add", _Network.add_sum)
Average = _joining("Average", _Network.add_mean)
Concatenate = _joining("Concatenate", _Network.add_concatenation)
Subtract = _pairing("Subtract", _Network.add_difference)
Multiply = _pairing("Multiply", _Network.add_product)
Divide = _pairing("Divide", _Network.add_quotient)
Maximum = _pairing("Maximum", _Network.add_maximum)
Minimum = _pairing("Minimum", _Network.add_minimum)
Power = _pairing("Power", _Network.add_power)
MatrixProduct = _pairing("MatrixProduct", _Network.add_matrix_product)
