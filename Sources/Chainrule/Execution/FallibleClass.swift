/// Classes whose initializers throw.
///
/// In Embedded Swift (6.3) an initializer of a class that throws leaks the object that it was making. An initializer in an
/// extension of a protocol makes the object last, by assigning `self`: so these classes have their throwing initializers in
/// an extension of this protocol, each for itself, and only initializers that cannot fail in the class.
public protocol FallibleClass {}
