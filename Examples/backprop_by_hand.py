"""Backpropagation a step at a time on the exclusive or, beside the same algorithm in numpy.

    s = δ ⊙ σ'(z_l),  ∂C/∂W_l = s ⊗ h_(l-1),  ∂C/∂b_l = s,  δ ← W_lᵀ s

A batch has a row for each sample: there the outer product is sᵀ h, which also sums over the rows, and the last is δ ← s W.
"""

import numpy as np
from chainrule import Network, Optimizer, Workspace, cost


def gradient_in_numpy(network: Network, x: np.ndarray, t: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
    """C and ∂C/∂w by tensor name, for two layers (tanh, sigmoid) and the mean squared error over the rows."""
    w = network.tensors
    h1 = np.tanh(x @ w["0.weight"].T + w["0.bias"])
    y = 1 / (1 + np.exp(-(h1 @ w["1.weight"].T + w["1.bias"])))

    delta = 2 * (y - t) / y.size  # ∇C
    s = delta * y * (1 - y)
    gradient = {"1.weight": s.T @ h1, "1.bias": s.sum(axis=0)}
    delta = s @ w["1.weight"]  # with the weights of the forward pass
    s = delta * (1 - h1**2)
    gradient |= {"0.weight": s.T @ x, "0.bias": s.sum(axis=0)}
    return np.mean((y - t) ** 2), gradient


def main() -> None:
    """Compares the two gradients, then trains with the library's."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    t = np.array([[0], [1], [1], [0]], np.float32)

    network = Network(2).add_dense(3, "tanh").add_dense(1, "sigmoid").build(seed=1)
    workspace = Workspace(network, max_rows=len(x))
    descent = Optimizer(network, "gradient_descent", learning_rate=2)

    for step in range(2001):
        y = workspace.forward(x)
        C, dC_dy = cost(y, t, "mean_squared_error")
        gradient = workspace.backward(dC_dy)

        if step == 0:
            print("z of layer 0:", workspace.z("0"), "δ of layer 0:", workspace.delta("0"), sep="\n")
            expected_C, expected = gradient_in_numpy(network, x, t)
            np.testing.assert_allclose(C, expected_C, rtol=1e-5)
            for name, part in network.unflatten(gradient).items():
                np.testing.assert_allclose(part, expected[name], rtol=1e-4, atol=1e-7)
                print(f"∂C/∂({name}) is the same in numpy:", *part.ravel().round(5))
        if step % 400 == 0:
            print(f"step {step:4}: C = {C:.6f}")

        descent.step(gradient)

    for inputs, output in zip(x, network.predict(x)):
        print(f"{inputs[0]:.0f} xor {inputs[1]:.0f} = {output[0]:.3f}")
    if C > 0.01:
        raise SystemExit("it did not learn")


if __name__ == "__main__":
    main()
