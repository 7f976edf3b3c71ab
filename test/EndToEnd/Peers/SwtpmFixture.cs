using Nacre.Attesters.Tpm;
using Nacre.Cli.Demo;
using Nacre.Verifiers.Tpm;

namespace Nacre.EndToEndTests.Peers;

/// <summary>Two software TPMs of one maker and one of another, started once for a test class and stopped with it.</summary>
public sealed class SwtpmFixture : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-swtpm-").FullName;
    private SwtpmProcess? _first;
    private SwtpmProcess? _second;
    private SwtpmProcess? _foreign;

    internal SwtpmProcess First => _first!;

    /// <summary>Another TPM, certified by the same authority.</summary>
    internal SwtpmProcess Second => _second!;

    /// <summary>A TPM certified by an authority that is not trusted.</summary>
    internal SwtpmProcess Foreign => _foreign!;

    /// <summary>The authority of the first two.</summary>
    public EkRoots Roots => EkRoots.FromPem(First.Authority.ReadPem());

    /// <summary>A private place for what a test writes.</summary>
    public string Scratch(string name) => Path.Combine(_directory, name);

    public async ValueTask InitializeAsync()
    {
        var maker = new SwtpmAuthority(Scratch("maker"));
        var other = new SwtpmAuthority(Scratch("other-maker"));
        _first = await SwtpmProcess.StartAsync(Scratch("first"), maker, outlives: false, CancellationToken.None);
        _second = await SwtpmProcess.StartAsync(Scratch("second"), maker, outlives: false, CancellationToken.None);
        _foreign = await SwtpmProcess.StartAsync(Scratch("foreign"), other, outlives: false, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in (SwtpmProcess?[])[_first, _second, _foreign])
        {
            if (process is not null)
                await process.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    internal static TpmAttester Attester(SwtpmProcess tpm, TpmAttesterOptions? options = null) =>
        new((options ?? new()) with { Endpoint = TpmEndpoint.Parse(tpm.Endpoint) }, TimeProvider.System);

    internal static TpmDevice Device(SwtpmProcess tpm) => TpmDevice.Open(TpmEndpoint.Parse(tpm.Endpoint), TimeProvider.System);
}
