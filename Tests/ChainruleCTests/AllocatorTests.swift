import CChainrule
import ChainruleC
import Testing

/// What crl_set_allocator() refuses. What it does is tested with the shipped library (Tests/Clients/allocator.c): ordinary Swift,
/// which this is, takes its objects from where it wants, and no allocator can be set.
@Suite struct AllocatorTests {
    @Test func missingFunctions() {
        fails(crlSetAllocator(nil, nil, nil), CRL_ERROR_NULL, "crl_set_allocator", ["allocate is NULL"])
        fails(crlSetAllocator(nil, { _, _, _ in }, nil), CRL_ERROR_NULL, "crl_set_allocator", ["allocate is NULL"])
        fails(crlSetAllocator({ _, _ in nil }, nil, nil), CRL_ERROR_NULL, "crl_set_allocator", ["free is NULL"])
    }

    @Test func ordinarySwiftHasItsOwn() {
        fails(
            crlSetAllocator({ _, _ in nil }, { _, _, _ in }, nil), CRL_ERROR_BUSY, "crl_set_allocator",
            ["already taken memory"])
    }
}
