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

    /// <summary>A private place for what a test writes.</summary>
    public string Scratch => _directory;

    public EkRoots Roots => EkRoots.FromPem(First.Authority.ReadPem());

    public async ValueTask InitializeAsync()
    {
        var maker = new SwtpmAuthority(Path.Combine(_directory, "maker"));
        var other = new SwtpmAuthority(Path.Combine(_directory, "other-maker"));
        _first = await SwtpmProcess.StartAsync(Path.Combine(_directory, "first"), maker, CancellationToken.None);
        _second = await SwtpmProcess.StartAsync(Path.Combine(_directory, "second"), maker, CancellationToken.None);
        _foreign = await SwtpmProcess.StartAsync(Path.Combine(_directory, "foreign"), other, CancellationToken.None);
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

    internal static TpmAttester Attester(SwtpmProcess tpm, TpmAttestationKeyKind kind = TpmAttestationKeyKind.Rsa2048) =>
        new(new() { Endpoint = TpmEndpoint.Parse(tpm.Endpoint), KeyKind = kind }, TimeProvider.System);

    internal static TpmDevice Device(SwtpmProcess tpm) => TpmDevice.Open(TpmEndpoint.Parse(tpm.Endpoint), TimeProvider.System);
}
