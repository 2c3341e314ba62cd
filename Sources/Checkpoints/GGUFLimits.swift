/// What a GGUF file may ask for at most. Published files stay far below; a damaged one fails early.
enum GGUFLimits {
    static let keyByteCount = 65_535
    static let nameByteCount = 1_024
    static let stringByteCount = 64 << 20
    static let arrayElementCount = 1 << 26
    static let arrayNesting = 4
    static let metadataCount = 1 << 16
    static let tensorCount = 1 << 20
    static let dimensionCount = 4
    static let alignment = 1 << 20
    static let splitCount = 10_000
}
