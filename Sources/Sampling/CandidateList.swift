internal import Compute

/// The few tokens that a filter considers, in memory that is reused from draw to draw.
///
/// Better means: a higher logit, or the same and a lower id; so no two candidates are equal.
@safe
struct CandidateList: ~Copyable {
    struct Candidate: BitwiseCopyable {
        var logit: Float
        var id: Int32
        /// e^((logit − maximum) · scale), once `weigh` was called.
        var weight: Float = 0

        @inline(__always)
        func isBetter(than other: Candidate) -> Bool {
            logit > other.logit || (logit == other.logit && id < other.id)
        }
    }

    private static let laneCount = 64

    private let capacity: Int
    private let kernels: LogitKernels
    private let items: UnsafeMutablePointer<Candidate>
    /// Logits on their way to the kernel, and weights on their way back.
    private let lanes: UnsafeMutablePointer<Float>
    private(set) var count = 0

    init(capacity: Int, kernels: LogitKernels) {
        self.kernels = kernels
        self.capacity = max(1, capacity)
        unsafe items = UnsafeMutablePointer<Candidate>.allocate(capacity: self.capacity)
        unsafe lanes = UnsafeMutablePointer<Float>.allocate(capacity: Self.laneCount)
    }

    deinit {
        unsafe lanes.deallocate()
        unsafe items.deallocate()
    }

    subscript(index: Int) -> Candidate {
        precondition(index >= 0 && index < count)
        return unsafe items[index]
    }

    var isEmpty: Bool { count == 0 }

    /// Collects the logits above one threshold and not above another.
    mutating func collect(above low: Float, upTo high: Float, of row: borrowing LogitRow) {
        count = 0
        row.forEach(above: low, upTo: high) { id, logit in append(Candidate(logit: logit, id: id)) }
    }

    /// Collects the best `limit` of the row, in no order.
    ///
    /// First the best `limit` blocks by their maxima: no logit below the worst of these maxima can be among the best. Then
    /// one pass over the logits. Both go with a rising threshold: whenever the list is full, only the best `limit` stay and
    /// the worst of them is the new threshold. A later id with the same logit would lose against it, so nothing is missed.
    mutating func collectBest(_ limit: Int, of row: borrowing LogitRow) {
        count = 0
        var threshold = -Float.infinity
        if row.blockCount > limit {
            row.forEachBlock(above: threshold) { block, maximum in
                threshold = offer(
                    Candidate(logit: maximum, id: Int32(truncatingIfNeeded: block)), limit: limit, threshold)
                return threshold
            }
            keepBest(limit)
            threshold = count < limit ? -.infinity : worst().logit.nextDown
            count = 0
        }
        row.forEach(above: threshold) { id, logit in
            threshold = offer(Candidate(logit: logit, id: id), limit: limit, threshold)
            return threshold
        }
        keepBest(limit)
    }

    /// Gives every candidate its weight, and answers their sum.
    mutating func weigh(maximum: Float, scale: Float) -> Double {
        var total = 0.0
        for start in stride(from: 0, to: count, by: Self.laneCount) {
            let length = min(Self.laneCount, count - start)
            for lane in 0..<length {
                unsafe lanes[lane] = unsafe items[start + lane].logit
            }
            unsafe kernels.weigh(lanes, count: length, maximum: maximum, scale: scale, into: lanes)
            for lane in 0..<length {
                let weight = unsafe lanes[lane]
                unsafe items[start + lane].weight = weight
                total += Double(weight)
            }
        }
        return total
    }

    /// The weight of the candidates above a logit.
    func weight(above logit: Float) -> Double {
        var total = 0.0
        for index in 0..<count where unsafe items[index].logit > logit {
            total += Double(unsafe items[index].weight)
        }
        return total
    }

    /// The worst of the list, which must not be empty.
    func worst() -> Candidate {
        var worst = self[0]
        for index in 1..<count where worst.isBetter(than: unsafe items[index]) {
            worst = unsafe items[index]
        }
        return worst
    }

    /// Orders the list, best first. For short lists: the time grows with the square of the count.
    mutating func sortBestFirst() {
        for end in 1..<max(1, count) {
            let candidate = unsafe items[end]
            var place = end
            while place > 0, candidate.isBetter(than: unsafe items[place - 1]) {
                unsafe items[place] = unsafe items[place - 1]
                place -= 1
            }
            unsafe items[place] = candidate
        }
    }

    /// The last token of the smallest set of best candidates whose weights reach `target`; the worst of all if they don't.
    ///
    /// A quickselect by weight instead of by count: the time grows with the count, not with that of a sort.
    mutating func nucleusEnd(target: Double) -> Candidate {
        var low = 0
        var high = count
        var mass = 0.0
        var end = worst()
        while low < high {
            let pivot = partition(low, high)
            var massOfBetter = 0.0
            for index in low..<pivot {
                massOfBetter += Double(unsafe items[index].weight)
            }
            let candidate = unsafe items[pivot]
            if mass + massOfBetter >= target && pivot > low {
                high = pivot
                continue
            }
            mass += massOfBetter + Double(candidate.weight)
            if mass >= target {
                end = candidate
                break
            }
            low = pivot + 1
        }
        return end
    }

    mutating func removeAll() {
        count = 0
    }

    mutating func append(_ candidate: Candidate) {
        if count < capacity {
            unsafe items[count] = candidate
            count += 1
        }
    }

    /// Appends a candidate; when the list is full, only the best `limit` stay. Answers the next threshold.
    @inline(__always)
    private mutating func offer(_ candidate: Candidate, limit: Int, _ threshold: Float) -> Float {
        append(candidate)
        guard count > limit, count >= min(capacity, limit + max(64, limit)) else { return threshold }
        keepBest(limit)
        return worst().logit
    }

    /// Keeps the best `limit`, if there are more.
    private mutating func keepBest(_ limit: Int) {
        guard count > limit else { return }
        var low = 0
        var high = count
        while high - low > 1 {
            let pivot = partition(low, high)
            if pivot == limit {
                break
            }
            if pivot > limit {
                high = pivot
            } else {
                low = pivot + 1
            }
        }
        count = limit
    }

    /// Moves a pivot to its place: what is before it is better, what is behind it is worse.
    private mutating func partition(_ low: Int, _ high: Int) -> Int {
        let last = high - 1
        let middle = low + (high - low) / 2
        moveMedianOfThree(low, middle, to: last)
        let pivot = unsafe items[last]
        var place = low
        for index in low..<last where unsafe items[index].isBetter(than: pivot) {
            swapItems(index, place)
            place += 1
        }
        swapItems(place, last)
        return place
    }

    private mutating func moveMedianOfThree(_ first: Int, _ second: Int, to last: Int) {
        if unsafe items[second].isBetter(than: items[first]) { swapItems(first, second) }
        if unsafe items[last].isBetter(than: items[second]) {
            swapItems(second, last)
            if unsafe items[second].isBetter(than: items[first]) { swapItems(first, second) }
        }
        swapItems(second, last)
    }

    @inline(__always)
    private mutating func swapItems(_ first: Int, _ second: Int) {
        let kept = unsafe items[first]
        unsafe items[first] = unsafe items[second]
        unsafe items[second] = kept
    }
}
