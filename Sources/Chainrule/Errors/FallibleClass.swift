/// Classes whose initializers throw.
///
/// In Embedded Swift (6.3), a throwing initializer of a class leaks the object it was making. These classes avoid that:
/// their throwing initializers are in an extension of this protocol, each class in its own, and make the object last,
/// by assigning `self`. The class itself has only initializers that cannot fail.
public protocol FallibleClass {}
