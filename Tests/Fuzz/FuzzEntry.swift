import Foundation

/// What libFuzzer calls with each input, and what it calls first. Which parser the inputs go to, `PONDER_FUZZ_TARGET` names.
///
/// A finding is a trap, whatever the address sanitizer sees, an input that takes too long or too much memory, and a broken
/// invariant: each ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    limitProcessorSeconds(20)
    chosenTarget.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    limitProcessorSeconds(0)
    return 0
}

/// The process aborts once it has computed for so long from now; 0 is no limit.
///
/// libFuzzer's own -timeout counts time on the clock, so that an innocent input is a finding where others hold the process up.
private func limitProcessorSeconds(_ seconds: Int) {
    var timer = itimerval()
    timer.it_value.tv_sec = seconds
    setitimer(__itimer_which_t(ITIMER_VIRTUAL.rawValue), &timer, nil)
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ argumentCount: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    signal(SIGVTALRM) { _ in abort() }
    chosenTarget.prepare()
    return 0
}

/// One parser that strangers' bytes reach.
protocol FuzzTarget: Sendable {
    /// The name in `PONDER_FUZZ_TARGET`, and of the folder of its seeds.
    static var name: String { get }

    /// Reads what all inputs need, before the first.
    func prepare()

    /// Feeds one input; returns unless something is wrong.
    func run(_ input: [UInt8])
}

extension FuzzTarget {
    func prepare() {}
}

private let targets: [any FuzzTarget] = [
    RequestTarget(), JSONTarget(), GGUFTarget(), SafetensorsTarget(), ConfigurationTarget(), TokenizerTarget(),
    TextTarget(),
    TemplateTarget(), GrammarTarget(), ToolCallTarget(),
]

private let chosenTarget: any FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["PONDER_FUZZ_TARGET"] ?? ""
    guard let target = targets.first(where: { type(of: $0).name == name }) else {
        fatalError("PONDER_FUZZ_TARGET is one of \(targets.map { type(of: $0).name }.joined(separator: ", "))")
    }
    return target
}()

/// Ends the process with a finding where an invariant does not hold.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition {
        fatalError(message())
    }
}

/// Choices that an input makes by itself: the same for the same bytes.
struct InputChoices: RandomNumberGenerator {
    private var state: UInt64

    init(_ input: [UInt8]) {
        state = input.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        let mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        return mixed ^ (mixed >> 29)
    }
}
