/// Which rows of prompts a step computes, beside the replies' rows.
extension Scheduler {
    /// The part of a step that ends a prompt by which prompts of other clients may lengthen it.
    private static let companyShare = 4

    /// Plans prompts, of sequences that run and of those that wait, until the step is full. With several clients it is full
    /// sooner for those who have had much: whoever comes waits until it ends. Where a prompt ends, its client shall not wait much
    /// longer for the first token because of what others sent.
    mutating func planPrefills(_ plan: inout StepPlan, _ promptLogitRows: inout Int) {
        var admits = true
        var ended: (client: Int, rowLimit: Int)?
        let companyLimit = max(limits.rowCount / 2, min(limits.rowCount, plan.workCount + limits.rowCount / 4))
        while plan.workCount < limits.rowCount, let slot = nextPrefill(admits: admits) {
            let leavesOpenings = !sequences[slot].isAhead && shares.leavesOpenings(sequences[slot].clientPlace)
            var rowLimit = leavesOpenings ? companyLimit : limits.rowCount
            if let ended, ended.client != sequences[slot].clientPlace {
                rowLimit = min(rowLimit, ended.rowLimit)
            }
            guard plan.workCount < rowLimit else { return }
            if !sequences[slot].isRunning {
                guard makeRoom(for: slot, &plan) else {
                    admits = false
                    continue
                }
                admit(slot)
            }
            noteConsidered(slot)
            planPrefill(slot, rowLimit: rowLimit, &plan, &promptLogitRows)
            if ended == nil, sequences[slot].plannedCount == sequences[slot].pendingCount {
                ended = (sequences[slot].clientPlace, plan.workCount + plan.workCount / Self.companyShare)
            }
        }
    }

    private mutating func planPrefill(
        _ slot: Int, rowLimit: Int, _ plan: inout StepPlan, _ promptLogitRows: inout Int
    ) {
        let sequence = sequences[slot]
        let budget = depthCost.rowCount(within: rowLimit - plan.workCount, from: sequence.computedCount)
        var count = min(sequence.pendingCount, budget, sequence.aheadRowCount ?? budget)
        if sequence.nextPromptLogitPosition != nil {
            count = Self.limit(count, of: sequence, promptLogitRows: &promptLogitRows)
        }
        if count > 0 {
            append(slot, rowCount: count, to: &plan)
        }
    }

    /// How many of the next `count` rows keep within the rows that may want logits of a prompt.
    private static func limit(_ count: Int, of sequence: SequenceState, promptLogitRows: inout Int) -> Int {
        for row in 0..<count where sequence.wantsPromptLogits(at: sequence.computedCount + row) {
            if promptLogitRows == 0 {
                return row
            }
            promptLogitRows -= 1
        }
        return count
    }
}
