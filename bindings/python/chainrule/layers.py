"""Layers for Sequential() and Model(), each a method add_…() of Network with its arguments and defaults.

Where Keras has a layer, it has Keras's name here. Its arguments are those of the method: Conv2D(8, 3, "relu") has 8
channels, windows of 3 × 3 and a ReLU. MaxPooling() and AveragePooling() without a kernel are over all positions.
"""

from ._models import joining, layer, layer_with, pairing
from ._network import Network

Dense = layer("Dense", Network.add_dense)
Activation = layer("Activation", Network.add_activation)
PReLU = layer("PReLU", Network.add_prelu)
Softmax = layer("Softmax", Network.add_softmax)
Function = layer("Function", Network.add_function)

Dropout = layer("Dropout", Network.add_dropout)
ChannelDropout = layer("ChannelDropout", Network.add_channel_dropout)
GaussianNoise = layer("GaussianNoise", Network.add_noise)

Conv1D = layer("Conv1D", Network.add_convolution, 1)
Conv2D = layer("Conv2D", Network.add_convolution, 2)
Conv3D = layer("Conv3D", Network.add_convolution, 3)
Conv1DTranspose = layer("Conv1DTranspose", Network.add_transposed_convolution, 1)
Conv2DTranspose = layer("Conv2DTranspose", Network.add_transposed_convolution, 2)
Conv3DTranspose = layer("Conv3DTranspose", Network.add_transposed_convolution, 3)
MaxPooling = layer_with("MaxPooling", Network.add_pooling, "maximum")
MaxPooling1D = layer_with("MaxPooling1D", Network.add_pooling, "maximum", 1)
MaxPooling2D = layer_with("MaxPooling2D", Network.add_pooling, "maximum", 2)
MaxPooling3D = layer_with("MaxPooling3D", Network.add_pooling, "maximum", 3)
AveragePooling = layer_with("AveragePooling", Network.add_pooling, "mean")
AveragePooling1D = layer_with("AveragePooling1D", Network.add_pooling, "mean", 1)
AveragePooling2D = layer_with("AveragePooling2D", Network.add_pooling, "mean", 2)
AveragePooling3D = layer_with("AveragePooling3D", Network.add_pooling, "mean", 3)

BatchNormalization = layer_with("BatchNormalization", Network.add_normalization, "batch")
LayerNormalization = layer_with("LayerNormalization", Network.add_normalization, "layer")
RMSNormalization = layer_with("RMSNormalization", Network.add_normalization, "rms")
GroupNormalization = layer_with("GroupNormalization", Network.add_normalization, "group")
Standardization = layer("Standardization", Network.add_standardization)

Flatten = layer("Flatten", Network.add_flatten)
Reshape = layer("Reshape", Network.add_reshape)
Transpose = layer("Transpose", Network.add_transpose)
Slice = layer("Slice", Network.add_slice)
ZeroPadding = layer("ZeroPadding", Network.add_zero_padding)
UpSampling = layer("UpSampling", Network.add_upsampling)
Take = layer("Take", Network.add_take)
Broadcast = layer("Broadcast", Network.add_broadcast)
Reduction = layer("Reduction", Network.add_reduction)

SimpleRNN = layer("SimpleRNN", Network.add_rnn)
GRU = layer("GRU", Network.add_gru)
LSTM = layer("LSTM", Network.add_lstm)
Embedding = layer("Embedding", Network.add_embedding)
Positions = layer("Positions", Network.add_positions)
MultiHeadAttention = layer("MultiHeadAttention", Network.add_attention)
Parameter = layer("Parameter", Network.add_parameter)
Constant = layer("Constant", Network.add_constant)

Add = joining("Add", Network.add_sum)
Average = joining("Average", Network.add_mean)
Concatenate = joining("Concatenate", Network.add_concatenation)
Subtract = pairing("Subtract", Network.add_difference)
Multiply = pairing("Multiply", Network.add_product)
Divide = pairing("Divide", Network.add_quotient)
Maximum = pairing("Maximum", Network.add_maximum)
Minimum = pairing("Minimum", Network.add_minimum)
Power = pairing("Power", Network.add_power)
MatrixProduct = pairing("MatrixProduct", Network.add_matrix_product)
