/// Runs tasks on a loop, between what its sockets do: for work that takes less than a change of threads would.
package final class LoopTaskExecutor: TaskExecutor {
    private let loop: EventLoop

    package init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// Runs a task's job on the loop, after what is already waiting there.
    package func enqueue(_ job: consuming ExecutorJob) {
        loop.execute(UnownedJob(job), of: self)
    }
}
