import Compute
import Glibc

/// The kernels that the machine's OpenBLAS picks, for those who train or compare here: Ponder serves without it.
struct OpenBLASCore: Equatable, Sendable {
    /// OpenBLAS's own word, such as `Haswell`.
    var name: String

    /// Asks the library that is installed, without linking it; nil where none is.
    static func current() -> OpenBLASCore? {
        guard let library = unsafe dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL),
            let symbol = unsafe dlsym(library, "openblas_get_corename")
        else { return nil }
        typealias CoreName = @convention(c) () -> UnsafePointer<CChar>?
        guard let name = unsafe unsafeBitCast(symbol, to: CoreName.self)() else { return nil }
        return unsafe OpenBLASCore(name: String(cString: name))
    }

    /// The instruction set of those kernels; nil for cores that are not in this list.
    var instructionSet: InstructionSet? {
        switch name.lowercased() {
        case "prescott", "core2", "penryn", "dunnington", "nehalem", "athlon", "opteron", "barcelona", "atom",
            "generic",
            "sandybridge", "bulldozer", "armv8":
            .portable
        case "haswell", "zen", "excavator", "steamroller", "piledriver": .avx2
        case "skylakex": .avx512
        case "cooperlake", "sapphirerapids": .avx512BF16
        default: nil
        }
    }
}
