/// How the cache stores keys and values.
public enum KVCacheFormat: String, CaseIterable, Hashable, Sendable {
    case f32, f16, bf16

    /// The bytes of one value.
    public var byteCount: Int { self == .f32 ? 4 : 2 }
}
