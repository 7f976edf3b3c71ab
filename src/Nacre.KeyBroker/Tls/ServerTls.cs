using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Nacre.KeyBroker.Tls;

/// <summary>
/// TLS of the key broker's address. Files that changed are taken for the connections that begin from then on, when all of them are good
/// together; otherwise what was there stays. A connection keeps what it began with.
/// </summary>
internal sealed partial class ServerTls : IAsyncDisposable
{
    private static readonly TimeSpan s_warnBefore = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_warnEvery = TimeSpan.FromDays(1);

    private readonly TlsOptions _options;
    private readonly TlsFiles _files;
    private readonly ServerCertificate? _own;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly FileFollower? _follower;
    private LoadedTls _loaded;
    private string _problem = "";
    private DateTimeOffset _warnedAt = DateTimeOffset.MinValue;

    private ServerTls(TlsOptions options, TlsFiles files, ServerCertificate? own, LoadedTls loaded, TimeProvider clock, ILogger log)
    {
        (_options, _files, _own, _loaded, _clock, _log) = (options, files, own, loaded, clock, log);
        WarnOfEnd();
        if (options is not { CertificateFile: null, ClientAuthoritiesFile: null })
            _follower = new FileFollower(options.ReloadEvery, clock, Look);
    }

    /// <param name="options">What the operator gives.</param>
    /// <param name="own">Shown when the operator gives no certificate; stays the caller's.</param>
    /// <param name="clock">Tells whether certificates are good.</param>
    /// <param name="log">Told of reloads and of what is wrong with files.</param>
    /// <exception cref="TlsFileException">A file cannot be used.</exception>
    public static ServerTls Open(TlsOptions options, ServerCertificate? own, TimeProvider clock, ILogger log)
    {
        var files = new TlsFiles(options);
        return new ServerTls(options, files, own, files.Read(clock.GetUtcNow(), null)!, clock, log);
    }

    /// <summary>For one connection.</summary>
    public SslServerAuthenticationOptions ForConnection()
    {
        var loaded = Volatile.Read(ref _loaded);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = loaded.Certificate ?? _own!.Current,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            EnabledSslProtocols = _options.AllowTls12 ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.Tls13,
        };
        if (loaded.ClientAuthorities is not { } authorities)
            return options;

        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        if (_options.ClientCertificates == ClientCertificates.Optional)
        {
            // Asked for, and good when there is one.
            options.RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                errors == SslPolicyErrors.None || shown is null && errors == SslPolicyErrors.RemoteCertificateNotAvailable;
        }

        return options;
    }

    /// <summary>Looks at the files; true when new ones are in use.</summary>
    internal bool Reload()
    {
        try
        {
            if (_files.Read(_clock.GetUtcNow(), _loaded.Digest) is not { } loaded)
            {
                _problem = "";
                return false;
            }

            Volatile.Write(ref _loaded, loaded);
            (_problem, _warnedAt) = ("", DateTimeOffset.MinValue);
            LogReloaded(_log, loaded.Certificate is { } pair ? TlsFiles.Time(pair.TargetCertificate.NotAfter) : "as before");
            return true;
        }
        catch (TlsFileException e)
        {
            if (_problem != e.Message)
                LogRefused(_log, e.Message);
            _problem = e.Message;
            return false;
        }
    }

    public ValueTask DisposeAsync() => _follower is null ? ValueTask.CompletedTask : _follower.DisposeAsync();

    private void Look()
    {
        Reload();
        WarnOfEnd();
    }

    // A certificate of a few days is renewed late in its life, and only then is there something to say.
    private void WarnOfEnd()
    {
        if (_loaded.Certificate?.TargetCertificate is not { } certificate)
            return;

        var now = _clock.GetUtcNow();
        var third = (certificate.NotAfter - certificate.NotBefore) / 3;
        if (new DateTimeOffset(certificate.NotAfter) - now > (third < s_warnBefore ? third : s_warnBefore) || now - _warnedAt < s_warnEvery)
            return;

        _warnedAt = now;
        LogEnding(_log, TlsFiles.Time(certificate.NotAfter), _options.CertificateFile!);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS files were read again; the certificate ends {End}")]
    private static partial void LogReloaded(ILogger log, string end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "TLS files have changed and are not used, the former ones stay: {Problem}")]
    private static partial void LogRefused(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The TLS certificate ends {End}: renew '{File}'; it is read again by itself")]
    private static partial void LogEnding(ILogger log, string end, string file);
}
