"""Parameters from PyTorch, and for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Union, cast

from ._files import AnyPath
from ._handles import NativeObject

if TYPE_CHECKING:
    from ._handles import FloatArray
    from ._network import Network

StateDict = Union[Mapping[str, Any], AnyPath]


class LeftOut(NamedTuple):
    """What Network.load_state_dict() did not load.

    Attributes
    ----------
    missing
        The network's tensors that keep their values.
    unexpected
        The state_dict's tensors that no layer has read.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


class StateDicts(NativeObject):
    """A network's tensors under PyTorch's names and in its layout."""

    __slots__ = ()

    def load_state_dict(
        self,
        given: StateDict,
        names: Mapping[str, str] | None = None,
        *,
        strict: bool = True,
        flattened: str | None = None,
    ) -> LeftOut:
        """Takes over the weights of a PyTorch module of the same shape into this built network.

        Layouts are converted: of convolutions, of what reads a flattened image, of recurrent layers' biases, of
        nn.MultiheadAttention. torch is not needed.

        Parameters
        ----------
        given
            The path of a file that safetensors.torch.save_file() or torch.save() wrote (see chainrule.read_tensors()),
            or a mapping from names to arrays or tensors.
        names
            From names of modules to names of layers, {"fc1": "hidden"}. Those left out are matched by a rule: if all
            names agree, a dot being "_", by names; otherwise in order, each layer with the next module that has its
            tensors' shapes. A recurrent module's second layer is called "rnn_l1"; of two directions, "rnn_forward" and
            "rnn_backward"; names can hold "rnn" alone. An nn.MultiheadAttention has the name of the add_attention().
        strict
            Whether all tensors must be there, and no others. Otherwise only names match; layers without a module keep
            their values.
        flattened
            Where the channels of flattened images are in PyTorch: "channels_first" or "channels_last". None: first, if
            a convolution, a pooling or a normalization gave the image, or it has three axes itself; last after
            recurrent, dense and embedding layers.

        Returns
        -------
        LeftOut
            What was left out, if not strict.

        Raises
        ------
        ArgumentError
            Shapes differ, or tensors are missing or too many: the message lists them. Nothing changed.
        FileFormatError
            See chainrule.read_tensors().

        Examples
        --------
        >>> network = Network((28, 28, 1)).add_convolution(6, 5, "relu").add_pooling("maximum", 2)
        >>> network.add_flatten().add_dense(10).build()
        >>> network.load_state_dict("lenet.pt", names={"conv1": "1", "fc": "4"})
        """
        from . import _state_tensors

        return LeftOut(*_state_tensors.load(cast("Network", self), given, names, strict, flattened))

    def state_dict(
        self,
        names: Mapping[str, str] | None = None,
        *,
        like: StateDict | None = None,
        flattened: str | None = None,
    ) -> dict[str, FloatArray]:
        """The parameters and the state as PyTorch has them.

        Parameters
        ----------
        names
            From PyTorch's names of modules to those of layers, as for load_state_dict(). A layer that it leaves out has
            its own name.
        like
            A state_dict of the module that is to take them: the result has its names, and what load_state_dict() would
            read from where, is there. None: recurrent layers become modules of one layer.
        flattened
            As for load_state_dict().

        Returns
        -------
        dict[str, ndarray]
            New arrays by PyTorch's names.

        Raises
        ------
        ArgumentError
            PyTorch does not have such a layer, or `like` does not fit.

        Examples
        --------
        >>> module.load_state_dict({name: torch.from_numpy(array) for name, array in network.state_dict().items()})
        >>> safetensors.numpy.save_file(network.state_dict(), "weights.safetensors")
        """
        from . import _state_tensors

        return _state_tensors.made(cast("Network", self), names, like, flattened)
