import Checkpoints
import Models
import TestSupport
import Testing

/// Which context windows a model has, by its files and by what somebody asks for.
@Suite struct RopeScalingTests {
    private func windows(_ path: String, _ scaling: RopeScaling) throws -> [ContextWindow] {
        try ModelLoader.describe(Checkpoint.open(Fixtures.path(path)), scaling: scaling).shape.windows
    }

    private func published(_ scaling: RopeScaling) throws -> [ContextWindow] {
        try windows("qwen3/configs/Qwen3-8B.config.json", scaling)
    }

    private static let native = ContextWindow(factor: 1, length: 40_960)
    private static let twice = ContextWindow(factor: 2, length: 65_536)

    @Test(arguments: [nil, 1, 4_096, 40_960])
    func withoutALongerContextNothingIsStretched(context: Int?) throws {
        #expect(try published(RopeScaling(contextLength: context)) == [Self.native])
    }

    @Test(arguments: [
        (40_961, [native, ContextWindow(factor: 2, length: 40_961)]),
        (50_000, [native, ContextWindow(factor: 2, length: 50_000)]),
        (65_536, [native, twice]),
        (100_000, [native, twice, ContextWindow(factor: 4, length: 100_000)]),
        (131_072, [native, twice, ContextWindow(factor: 4, length: 131_072)]),
        (1_000_000, [native, twice, ContextWindow(factor: 4, length: 131_072)]),
    ])
    func aLongerContextGoesByLength(context: Int, expected: [ContextWindow]) throws {
        #expect(try published(RopeScaling(contextLength: context)) == expected)
        #expect(try published(RopeScaling(method: .byLength, contextLength: context)) == expected)
    }

    @Test func theLargestFactorAndTheOriginalContextCanBeSaid() throws {
        let far = RopeScaling(method: .byLength, factor: 6, originalContextLength: 20_480)
        #expect(
            try published(far) == [Self.native, .init(factor: 4, length: 81_920), .init(factor: 6, length: 122_880)])
        #expect(try published(RopeScaling(method: .byLength, factor: 2)) == [Self.native, Self.twice])
    }

    @Test func oneFactorCanHoldForAll() throws {
        #expect(
            try published(RopeScaling(method: .yarn, factor: 4, contextLength: 9)) == [
                ContextWindow(factor: 4, length: 131_072)
            ])
        let linear = try published(RopeScaling(method: .linear, factor: 2))
        #expect(linear == [ContextWindow(factor: 1, length: 81_920)])
        #expect(try published(RopeScaling(method: .none, contextLength: 99_999)) == [Self.native])
    }

    @Test(arguments: [RopeScaling.Method.yarn, .linear])
    func aFactorThatNobodySaidIsAskedFor(_ method: RopeScaling.Method) {
        #expect(throws: ModelError.self) { try published(RopeScaling(method: method)) }
    }

    @Test(arguments: [-1, 0, .nan, .infinity, 1e300]) func noFactorEndsTheProcess(_ factor: Double) {
        for method in RopeScaling.Method.allCases {
            let scaling = RopeScaling(method: method, factor: factor, contextLength: 1 << 40)
            let windows = try? published(scaling)
            #expect(windows?.allSatisfy { $0.length > 0 } != false)
        }
    }

    /// A checkpoint that declares YaRN of factor 4 over 64 tokens.
    @Test func whatACheckpointDeclaresHoldsUnlessSomebodySaysOtherwise() throws {
        let path = "models/dense-yarn/hf/config.json"
        let declared = ContextWindow(factor: 4, length: 256)
        #expect(try windows(path, RopeScaling()) == [declared])
        #expect(try windows(path, RopeScaling(contextLength: 4_096)) == [declared])
        #expect(try windows(path, RopeScaling(method: .yarn)) == [declared])
        #expect(try windows(path, RopeScaling(method: .yarn, factor: 2)) == [ContextWindow(factor: 2, length: 128)])
        #expect(try windows(path, RopeScaling(method: .none)) == [ContextWindow(factor: 1, length: 64)])
        #expect(
            try windows(path, RopeScaling(method: .byLength)) == [
                .init(factor: 1, length: 64), .init(factor: 2, length: 128), declared,
            ])
    }

    @Test func theTablesOfAllWindowsAreCounted() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("qwen3/configs/Qwen3-8B.config.json"))
        #expect(try ModelLoader.describe(checkpoint).rotaryByteCount == 512)
        let long = try ModelLoader.describe(checkpoint, scaling: RopeScaling(contextLength: 131_072))
        #expect(long.rotaryByteCount == 3 * 512)
    }

    @Test func factorsAreWrittenAsPeopleDo() {
        #expect([1, 2.5, 4, 1e300].map { ContextWindow.text(of: $0) } == ["1", "2.5", "4", "1e+300"])
    }
}
