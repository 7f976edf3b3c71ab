using System.CommandLine;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Guest.DataHub;
using Nacre.Images;

namespace Nacre.Cli;

/// <summary>The key broker as a source of keys and policies for images: this machine attests to it when the first one is asked for.</summary>
internal sealed class GuestBrokerOptions
{
    private readonly ServerOptions _server;
    private readonly MachineOptions _machine;

    private GuestBrokerOptions(Command command) => (_server, _machine) = (ServerOptions.AddTo(command), MachineOptions.AddTo(command));

    public static GuestBrokerOptions AddTo(Command command) => new(command);

    /// <summary>Nothing is opened before the first secret is asked for.</summary>
    public BrokerResources Open(ParseResult line)
    {
        var options = _machine.Client(line);
        return new(async cancel =>
        {
            var machine = await _machine.OpenAsync(line, cancel);
            return (machine, new KbsClient(_server.Connect(line), machine.Source, TimeProvider.System, options));
        });
    }
}

/// <summary>Attests once, on the first request, and keeps that session.</summary>
internal sealed class BrokerResources(Func<CancellationToken, Task<(Machine, KbsClient)>> open) : IResourceSource, IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private (Machine Machine, KbsClient Client)? _opened;

    public async ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            _opened ??= await open(cancel);
        }
        finally
        {
            _gate.Release();
        }

        return await new KbsResourceSource(_opened.Value.Client).GetAsync(uri, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Dispose();
        if (_opened is not { } opened)
            return;

        opened.Client.Dispose();
        await opened.Machine.DisposeAsync();
    }
}
