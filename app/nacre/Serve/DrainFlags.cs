using System.CommandLine;
using Nacre.KeyBroker;

namespace Nacre.Cli.Serve;

/// <summary>How a server ends after SIGTERM: nothing new is sent to it, it takes no connections, what runs is finished.</summary>
internal sealed class DrainFlags
{
    /// <summary>Longer than any drain; the whole process ends after it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2 * MaxSeconds + 15);

    private const int MaxSeconds = 300;

    private readonly Option<int> _delay = new("--drain-delay")
    {
        Description = "Seconds that the server goes on after SIGTERM while /readyz says 503, so that load balancers turn away (0).",
    };

    private readonly Option<int> _timeout = new("--drain-timeout")
    {
        Description = "Seconds that running requests then have to finish (10).",
        DefaultValueFactory = _ => 10,
    };

    private DrainFlags()
    {
    }

    public static DrainFlags AddTo(Command command)
    {
        var flags = new DrainFlags();
        command.Options.Add(flags._delay);
        command.Options.Add(flags._timeout);
        return flags;
    }

    public Drain Read(ParseResult line) => new(Seconds(line, _delay), Seconds(line, _timeout));

    private static TimeSpan Seconds(ParseResult line, Option<int> option) => line.GetValue(option) is >= 0 and <= MaxSeconds and var seconds
        ? TimeSpan.FromSeconds(seconds) : throw new CommandException($"{option.Name} must be 0 to {MaxSeconds} seconds");
}

/// <param name="Delay">From the signal until no connections are taken.</param>
/// <param name="Timeout">From then on, for what runs.</param>
internal sealed record Drain(TimeSpan Delay, TimeSpan Timeout)
{
    public async Task EndAsync(IStoppingServer server)
    {
        server.BeginDrain();
        await Task.Delay(Delay);
        using var end = new CancellationTokenSource(Timeout);
        await server.StopAsync(end.Token);
    }
}
