using Nacre.Cli.Demo;

namespace Nacre.EndToEndTests.Peers;

/// <summary>One docker-registry for all tests of a class.</summary>
public sealed class DockerRegistryFixture : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-registry-").FullName;
    private RegistryProcess? _process;

    internal RegistryProcess Registry => _process ?? throw new InvalidOperationException("The registry does not run.");

    public async ValueTask InitializeAsync() => _process = await RegistryProcess.StartAsync(_directory, outlives: false, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
