! A network learns a function of a simulation, and gives its derivatives: a surrogate.
!
!     f(a, b) = sin(a) b,  ∂f/∂a = cos(a) b,  ∂f/∂b = sin(a)
!
! The program trains, first with the gradient ∂C/∂w and a step of its own, then with the library's L-BFGS. It compares y, and
! ∂y/∂x by backpropagation, with the truth, at points that the network has not seen.
!
!     gfortran bindings/fortran/chainrule.f90 Examples/surrogate.f90 -lchainrule
program surrogate
  use chainrule
  implicit none
  integer(c_size_t), parameter :: side = 25, rows = side * side, inputs = 2, outputs = 1
  real(c_float), target :: x(inputs, rows), t(outputs, rows)           ! a column here is a row in C
  real(c_float), target :: x_new(inputs, rows), y(outputs, rows), dy_dx(inputs, rows)
  real(c_float) :: u(outputs, rows), error_y, error_dy
  real(c_float), allocatable, target :: gradient(:)
  real(c_float), pointer :: weights(:)
  type(c_ptr) :: address
  integer(c_size_t) :: i, j, count
  real(c_double) :: cost
  type(crl_network) :: network
  type(crl_targets), target :: targets
  type(crl_minimize_options), target :: options
  type(crl_minimum), target :: minimum

  do j = 1, side
    do i = 1, side
      x(:, i + side * (j - 1)) = [real(i - 1) / (side - 1) * 6 - 3, real(j - 1) / (side - 1) * 2 - 1]
    end do
  end do
  t(1, :) = sin(x(1, :)) * x(2, :)

  call crl_check(crl_network_create(inputs, network))
  call crl_check(crl_network_add_dense(network, 24_c_size_t, CRL_TANH, c_null_ptr))
  call crl_check(crl_network_add_dense(network, 24_c_size_t, CRL_TANH, c_null_ptr))
  call crl_check(crl_network_add_dense(network, outputs, CRL_IDENTITY, c_null_ptr))
  call crl_check(crl_network_build(network, 1_c_int64_t))

  targets%values = c_loc(t)
  targets%rows = rows
  targets%columns = outputs
  targets%stride = outputs

  ! Gradient descent by hand: the weights are the network's own memory.
  call crl_check(crl_network_parameters(network, address, count))
  call c_f_pointer(address, weights, [count])
  allocate (gradient(count))
  do i = 1, 100
    call crl_check(crl_network_value_and_gradient(network, c_null_ptr, x, rows, inputs, c_loc(targets), cost, &
        c_loc(gradient), count))
    weights = weights - 0.05 * gradient
    if (mod(i, 33_c_size_t) == 1) print '(a, i3, a, es9.2)', 'cost at step ', i, ': ', cost
  end do

  ! The library's L-BFGS goes on from there.
  options%max_iterations = 1500
  call crl_check(crl_network_minimize(network, x, rows, inputs, c_loc(targets), c_null_ptr, c_loc(options), &
      c_loc(minimum)))
  print '(a, i0, a, es9.2)', 'cost after ', minimum%iterations, ' iterations of L-BFGS: ', minimum%cost


  x_new = 0.87 * x + 0.01
  u = 1
  call crl_check(crl_network_predict(network, x_new, rows, inputs, y, rows, outputs))
  call crl_check(crl_network_vjp(network, x_new, rows, inputs, u, outputs, c_null_ptr, 0_c_size_t, &
      c_loc(dy_dx), rows, inputs))
  error_y = maxval(abs(y(1, :) - sin(x_new(1, :)) * x_new(2, :)))
  error_dy = max(maxval(abs(dy_dx(1, :) - cos(x_new(1, :)) * x_new(2, :))), maxval(abs(dy_dx(2, :) - sin(x_new(1, :)))))
  print '(a, es9.2)', 'largest error of y:     ', error_y
  print '(a, es9.2)', 'largest error of ∂y/∂x: ', error_dy

  call crl_network_destroy(network)
  if (error_y > 0.02 .or. error_dy > 0.1) error stop 'the network has not learnt the function'
end program surrogate
