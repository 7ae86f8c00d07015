! Trains exclusive or through the Fortran module, with callbacks, strings, handles and an error.
module notes
  use chainrule
  implicit none
  type :: note
    integer :: calls = 0
    real(c_double) :: first = 0, last = 0
  end type note
contains
  function note_epoch(user, epoch) bind(C) result(stop)
    type(c_ptr), value :: user
    type(crl_epoch), intent(in) :: epoch
    integer(c_int32_t) :: stop
    type(note), pointer :: noted
    call c_f_pointer(user, noted)
    noted%calls = noted%calls + 1
    if (noted%calls == 1) noted%first = epoch%cost
    noted%last = epoch%cost
    stop = 0
  end function note_epoch
end module notes

program training
  use chainrule
  use notes
  implicit none
  real(c_float), target :: x(2, 4) = reshape([0., 0., 0., 1., 1., 0., 1., 1.], [2, 4]), t(4) = [0., 1., 1., 0.], y(4)
  real(c_float) :: rate
  type(crl_network) :: network, copy
  type(crl_optimizer) :: optimizer
  type(crl_optimizer_options), target :: method
  type(crl_targets), target :: targets
  type(crl_layer_options), target :: hidden
  type(crl_train_options), target :: options
  type(crl_layer) :: layer
  type(crl_tensor) :: tensor
  type(note), target :: noted
  character(kind=c_char, len=:), allocatable, target :: name
  integer(c_size_t), target :: extents(2)
  integer(c_size_t) :: rank
  integer :: passed = 0

  name = 'hidden' // c_null_char
  hidden%name = c_loc(name)
  call crl_check(crl_network_create(2_c_size_t, network))
  call crl_check(crl_network_add_dense(network, 8_c_size_t, CRL_TANH, c_loc(hidden)))
  call crl_check(crl_network_add_dense(network, 1_c_size_t, CRL_SIGMOID, c_null_ptr))
  call crl_check(crl_network_build(network, 1_c_int64_t))

  targets%values = c_loc(t)
  targets%rows = 4
  targets%columns = 1
  targets%stride = 1
  method%learning_rate = 0.01
  call crl_check(crl_optimizer_create(network, c_loc(method), optimizer))
  options%optimizer = optimizer
  options%epochs = 2000
  options%on_epoch = c_funloc(note_epoch)
  options%user = c_loc(noted)
  call crl_check(crl_network_fit(network, x, 4_c_size_t, 2_c_size_t, c_loc(targets), c_null_ptr, c_loc(options)))
  call crl_check(crl_network_predict(network, x, 4_c_size_t, 2_c_size_t, y, 4_c_size_t, 1_c_size_t))
  call holds('it has learnt', all(abs(y - t) < 0.2))
  call holds('it was told of each epoch', noted%calls == 2000 .and. noted%last < noted%first / 10)
  call crl_check(crl_optimizer_learning_rate(optimizer, rate))
  call holds('a number that is received', abs(rate - 0.01) < 1e-6)

  call crl_check(crl_network_layer(network, 0_c_size_t, layer))
  call holds('a structure that is received', layer%units == 8 .and. layer%activation == CRL_TANH)
  call holds('a string that is received', crl_string(layer%name) == 'hidden')
  call holds('NULL as a string', crl_string(c_null_ptr) == '')
  call crl_check(crl_network_find_tensor(network, 'hidden.weight' // c_null_char, tensor))
  call crl_check(crl_network_tensor_shape(network, 0_c_size_t, c_loc(extents), 2_c_size_t, rank))
  call holds('a list that is received', rank == 2 .and. all(extents == [8, 2]) .and. tensor%columns == 2)

  options%epochs = 0
  call holds('a status', crl_network_fit(network, x, 4_c_size_t, 2_c_size_t, c_loc(targets), c_null_ptr, &
      c_loc(options)) == CRL_ERROR_SIZE)
  call holds('a message', index(crl_string(crl_error_message()), 'epochs is 0') > 0)
  call holds('a handle of another kind', crl_network_copy(crl_network(optimizer%handle), copy) == CRL_ERROR_HANDLE)
  call holds('a handle that is NULL', .not. c_associated(copy%handle))
  call crl_network_destroy(copy)
  call crl_optimizer_destroy(optimizer)
  call crl_network_destroy(network)
  print '(i0, a)', passed, ' passed, 0 failed'

contains

  subroutine holds(what, condition)
    character(len=*), intent(in) :: what
    logical, intent(in) :: condition
    if (.not. condition) then
      print '(3a)', 'FAILED: ', what, ' does not hold'
      error stop 1
    end if
    passed = passed + 1
  end subroutine holds
end program training
