using System.Net;
using System.Net.Http.Headers;
using Nacre.Images.Oci;
using Nacre.Images.Transports;

namespace Nacre.Images.Registry;

/// <summary>
/// The body of a blob. When the connection breaks or stalls it goes on with a Range request where it stopped; only so many breaks
/// without a new byte in between are borne, and only so many beginnings from the start, which cost all that came before.
/// </summary>
internal sealed class ResumingBlobStream : ReadOnlyStream
{
    private readonly RegistryConnection _connection;
    private readonly Descriptor _blob;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _position;
    private long _skip;
    private int _failures;
    private int _restarts;

    private ResumingBlobStream(RegistryConnection connection, Descriptor blob, long offset) =>
        (_connection, _blob, _position) = (connection, blob, offset);

    /// <param name="connection">To the registry.</param>
    /// <param name="blob">What is read.</param>
    /// <param name="offset">Of the first byte that is wanted.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public static async ValueTask<ResumingBlobStream> OpenAsync(
        RegistryConnection connection, Descriptor blob, long offset, CancellationToken cancel)
    {
        var stream = new ResumingBlobStream(connection, blob, offset);
        try
        {
            await stream.ConnectAsync(cancel);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                if (_body is null)
                    await ConnectAsync(cancellationToken);

                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                timeout.CancelAfter(_connection.IdleTimeout);
                var wanted = _skip > 0 ? buffer[..(int)Math.Min(buffer.Length, _skip)] : buffer;
                var count = await _body!.ReadAsync(wanted, timeout.Token);
                if (count == 0 && buffer.Length > 0 && (_skip > 0 || _position < _blob.Size))
                    throw new HttpIOException(HttpRequestError.ResponseEnded, $"the answer ended after {_position} of {_blob.Size} bytes");

                if (_skip > 0)
                {
                    _skip -= count;
                    continue;
                }

                if (count > 0)
                    _failures = 0;
                _position += count;
                return count;
            }
            catch (Exception e) when (IsBreak(e, cancellationToken))
            {
                Drop();
                if (++_failures >= _connection.Attempts)
                    throw e is HttpIOException ? Ends(e) : _connection.Unreachable(e);
                await _connection.WaitAsync(_failures - 1, cancellationToken);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Drop();
        }

        base.Dispose(disposing);
    }

    private ImageException Ends(Exception e) => new(
        ImageFault.Unreachable, $"blob {_blob.Digest} breaks off {_failures} times in a row: {e.Message}", _connection.Where,
        "try again; if it breaks at the same byte, the registry has less than the manifest says: push the image again", e);

    private async ValueTask ConnectAsync(CancellationToken cancel)
    {
        _response = await _connection.RequireAsync(await _connection.SendAsync(CreateRequest, cancel), $"blob {_blob.Digest}", cancel);
        _connection.RequireNoPage(_response);

        // A registry that knows no ranges begins again; what we have goes by unread.
        _skip = _response.StatusCode == HttpStatusCode.OK ? _position : 0;
        var resumes = _skip > 0 ? ++_restarts <= _connection.Attempts
            : _position == 0 || (_response.StatusCode == HttpStatusCode.PartialContent && _response.Content.Headers.ContentRange?.From == _position);
        if (!resumes)
            throw new ImageException(ImageFault.Unreachable, $"the transfer broke at byte {_position} and the registry cannot resume it",
                _connection.Where, "try again");

        _body = await _response.Content.ReadAsStreamAsync(cancel);
    }

    private HttpRequestMessage CreateRequest()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _connection.Address($"blobs/{_blob.Digest}"));
        if (_position > 0)
            request.Headers.Range = new RangeHeaderValue(_position, null);
        return request;
    }

    private void Drop()
    {
        _body?.Dispose();
        _response?.Dispose();
        (_body, _response) = (null, null);
    }

    private static bool IsBreak(Exception e, CancellationToken cancel) =>
        e is IOException or HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested);
}
