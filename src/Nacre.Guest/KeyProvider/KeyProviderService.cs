using System.Security.Cryptography;
using Google.Protobuf;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images;
using Nacre.Images.Encryption;
using Nacre.Rpc;
using Nacre.Rpc.Messages.KeyProvider;

namespace Nacre.Guest.KeyProvider;

/// <summary>
/// <c>keyprovider.KeyProviderService</c>, which skopeo and buildah call to encrypt and guests to decrypt (guest.md 5.4 to 5.6). A new key
/// is at the key broker before the caller hears of it; if that fails, so does the call, and no image is left that nobody can open.
/// </summary>
public sealed class KeyProviderService(IKeyRegistry? registry, IResourceSource? resources) : IDisposable
{
    public const string Name = "keyprovider.KeyProviderService";

    private readonly Dictionary<ResourceUri, SecretBytes> _made = [];
    private readonly SemaphoreSlim _gate = new(1);

    public RpcTable AddTo(RpcTable table) => table
        .Add(Name, "WrapKey", KeyProviderKeyWrapProtocolInput.Parser, WrapKeyAsync)
        .Add(Name, "UnWrapKey", KeyProviderKeyWrapProtocolInput.Parser, UnwrapKeyAsync);

    /// <summary>Forgets the keys. Only after the server that uses this has stopped.</summary>
    public void Dispose()
    {
        foreach (var key in _made.Values)
            key.Dispose();
        _gate.Dispose();
    }

    private async ValueTask<KeyProviderKeyWrapProtocolOutput> WrapKeyAsync(KeyProviderKeyWrapProtocolInput input, CancellationToken cancel)
    {
        byte[]? secret = null;
        try
        {
            var request = KeyProviderProtocol.ReadWrapRequest(input.KeyProviderKeyWrapProtocolInput_.Span);
            secret = request.PrivateOptions;
            var parameters = WrapParameters.Parse(request.Parameters.Values.SelectMany(values => values).FirstOrDefault() ?? "");
            var key = await KeyAsync(parameters, cancel);
            var packet = parameters.WrapType == AnnotationPacket.Ctr
                ? AnnotationPacket.WrapUnauthenticated(parameters.KeyId, key.Reveal(), secret)
                : AnnotationPacket.Wrap(parameters.KeyId, key.Reveal(), secret);
            return Output(KeyProviderProtocol.WriteWrapResult(packet.ToJson()));
        }
        catch (Exception e) when (e is not OperationCanceledException and not RpcException)
        {
            throw Translate(e, "the key was not wrapped");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    // Called once for each layer: all layers under one name need the same key, so a key that was made here is kept while this runs.
    private async ValueTask<SecretBytes> KeyAsync(WrapParameters parameters, CancellationToken cancel)
    {
        if (registry is null)
            throw new RpcException(RpcCode.FailedPrecondition, "no key broker is configured to keep the key; start nacre keyprovider with its address");

        await _gate.WaitAsync(cancel);
        try
        {
            var isNew = parameters.KeyPath is null;
            if (isNew && _made.TryGetValue(parameters.KeyId, out var known))
                return known;

            var key = parameters.ReadKey();
            try
            {
                await registry.RegisterAsync(parameters.KeyId, key, isNew, cancel);
            }
            catch
            {
                key.Dispose();
                throw;
            }

            // Not disposed: another call may be wrapping with the one before.
            return _made[parameters.KeyId] = key;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<KeyProviderKeyWrapProtocolOutput> UnwrapKeyAsync(KeyProviderKeyWrapProtocolInput input, CancellationToken cancel)
    {
        byte[]? secret = null;
        try
        {
            if (resources is null)
                throw new RpcException(RpcCode.Unimplemented, "this key provider only wraps; decryption is the guest's, after attestation");

            using var keys = new KbsKeyUnwrapper(resources);
            secret = await keys.UnwrapAsync(KeyProviderProtocol.ReadUnwrapRequest(input.KeyProviderKeyWrapProtocolInput_.Span), "key provider", cancel);
            return Output(KeyProviderProtocol.WriteUnwrapResult(secret));
        }
        catch (Exception e) when (e is not OperationCanceledException and not RpcException)
        {
            throw Translate(e, "the key was not unwrapped");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    // The callers are tools that show this text to a person; it says what failed and holds no secret.
    private static RpcException Translate(Exception e, string what) => e switch
    {
        ImageException { Fault: ImageFault.Malformed or ImageFault.Unsupported or ImageFault.TooLarge } => new(RpcCode.InvalidArgument, $"{what}: {e.Message}", e),
        ImageException { Fault: ImageFault.KeyUnavailable or ImageFault.Denied } => new(RpcCode.PermissionDenied, $"{what}: {e.Message}", e),
        FormatException => new(RpcCode.InvalidArgument, $"{what}: {e.Message}", e),
        _ => new(RpcCode.Unavailable, $"{what}: {e.Message}", e),
    };

    private static KeyProviderKeyWrapProtocolOutput Output(byte[] json) =>
        new() { KeyProviderKeyWrapProtocolOutput_ = UnsafeByteOperations.UnsafeWrap(json) };
}
