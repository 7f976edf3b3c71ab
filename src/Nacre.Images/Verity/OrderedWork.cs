using System.Runtime.CompilerServices;

namespace Nacre.Images.Verity;

/// <summary>Batches of the same work on several cores, whose results are handed on in the order of the batches.</summary>
internal static class OrderedWork
{
    /// <param name="count">How many batches.</param>
    /// <param name="workers">Each does one batch at a time; their number bounds what is under way.</param>
    /// <param name="prepare">What a batch needs to know, taken in order and on the caller's side; null ends the work.</param>
    /// <param name="work">On a thread of the pool.</param>
    /// <param name="cancel">Ends the work between batches.</param>
    public static async IAsyncEnumerable<TResult> RunAsync<TWorker, TInput, TResult>(
        long count, IReadOnlyList<TWorker> workers, Func<long, TInput?> prepare, Func<TWorker, TInput, TResult> work,
        [EnumeratorCancellation] CancellationToken cancel)
        where TInput : class
    {
        var running = new Queue<Task<TResult>>();
        try
        {
            for (var batch = 0L; batch < count; batch++)
            {
                cancel.ThrowIfCancellationRequested();
                // Batches end in their order as far as workers go: the oldest one's worker is the one that is free next.
                if (running.Count == workers.Count)
                    yield return await running.Dequeue();
                if (prepare(batch) is not { } input)
                    break;

                var worker = workers[(int)(batch % workers.Count)];
                running.Enqueue(Task.Run(() => work(worker, input), CancellationToken.None));
            }

            while (running.TryDequeue(out var oldest))
                yield return await oldest;
        }
        finally
        {
            // Nothing may still use the buffers of a worker after this.
            await Task.WhenAll(running.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
