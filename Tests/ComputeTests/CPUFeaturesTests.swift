import Compute
import Testing

@Suite struct CPUFeaturesTests {
    @Test func aSupportedLimitIsWhatIsUsed() {
        for set in CPUFeatures.supportedSets {
            #expect(CPUFeatures.limited(to: set).instructionSet == set)
        }
    }

    @Test func anUnsupportedLimitLeavesTheNextLowerSet() {
        for set in InstructionSet.allCases {
            let lower = CPUFeatures.supportedSets.filter { $0 <= set }
            #expect(CPUFeatures.limited(to: set).instructionSet == lower.last)
        }
        #expect(CPUFeatures.supportedSets.first == .portable)
        #expect(CPUFeatures.supportedSets.last == CPUFeatures.current.instructionSet)
    }

    @Test func aMachineHasTheSetsOfOneArchitecture() {
        let isARM = CPUFeatures.current.instructionSet >= .neon
        #expect(CPUFeatures.supportedSets.dropFirst().allSatisfy { ($0 >= .neon) == isARM })
    }

    @Test func activationsAreRoundedWhereTheProcessorHasProductsOfBF16Alone() {
        for set in CPUFeatures.supportedSets {
            let suited = ActivationFormat.suited(to: .limited(to: set))
            #expect(suited == (set == .avx512BF16 ? .bf16 : .f32))
        }
    }
}
