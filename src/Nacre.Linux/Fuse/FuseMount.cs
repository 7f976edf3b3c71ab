using System.Runtime.InteropServices;
using System.Text;

namespace Nacre.Linux.Fuse;

/// <summary>
/// A file system of this process in the tree of files, read-only, without setuid and devices. Needs root. It is served until it is
/// unmounted, by this or by umount(8).
/// </summary>
public sealed class FuseMount : IAsyncDisposable
{
    private const int LargestRequest = 256 * 1024;
    private const int AtOnce = 64;

    private readonly IFuseFileSystem _files;
    private readonly Action<Exception> _report;
    private readonly string _target;
    private readonly int _device;
    private readonly SemaphoreSlim _places = new(AtOnce);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _loop;

    private FuseMount(int device, string target, IFuseFileSystem files, Action<Exception> report)
    {
        (_device, _target, _files, _report) = (device, target, files, report);
        _loop = Task.Factory.StartNew(Serve, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Ends when the file system was unmounted.</summary>
    public Task Ended => _loop;

    /// <param name="files">What is shown.</param>
    /// <param name="target">An existing directory.</param>
    /// <param name="report">Gets the reason of every EIO.</param>
    /// <exception cref="SystemCallException">The device cannot be opened, or the mount is not allowed.</exception>
    public static FuseMount Create(IFuseFileSystem files, string target, Action<Exception> report)
    {
        var device = FuseCalls.Open("/dev/fuse", FuseCalls.ReadWrite | FuseCalls.CloseOnExec);
        if (device < 0)
            throw new SystemCallException("open", Marshal.GetLastPInvokeError(), "/dev/fuse");

        const ulong flags = FuseCalls.MountReadOnly | FuseCalls.MountNoSetuid | FuseCalls.MountNoDevices;
        var options = $"fd={device},rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other";
        if (FuseCalls.Mount("nacre", target, "fuse.nacre", flags, options) == 0)
            return new(device, target, files, report);

        var errno = Marshal.GetLastPInvokeError();
        _ = FuseCalls.Close(device);
        throw new SystemCallException("mount", errno, target);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        if (!_loop.IsCompleted && FuseCalls.Unmount(_target, FuseCalls.Detach) != 0)
            _report(new SystemCallException("umount2", Marshal.GetLastPInvokeError(), _target));
        await _loop;
        // Every place free: nobody writes to the device any more.
        for (var i = 0; i < AtOnce; i++)
            await _places.WaitAsync();
        _ = FuseCalls.Close(_device);
        _places.Dispose();
        _ended.Dispose();
    }

    private void Serve()
    {
        var buffer = new byte[LargestRequest];
        while (true)
        {
            var count = Read(buffer);
            if (count < 0)
            {
                const int interrupted = 4, again = 11, noDevice = 19;
                switch (Marshal.GetLastPInvokeError())
                {
                    // ENOENT: the request was taken back before it was read.
                    case interrupted or again or Errno.NoEntry:
                        continue;
                    case noDevice:
                        return;
                    case var errno:
                        throw new SystemCallException("read", errno, "/dev/fuse");
                }
            }

            var request = new FuseRequest(buffer.AsMemory(0, count).ToArray());
            _places.Wait();
            _ = Task.Run(() => AnswerAsync(request));
        }
    }

    private async Task AnswerAsync(FuseRequest request)
    {
        try
        {
            if (await ReplyAsync(request) is { } reply)
                Write(reply);
        }
        catch (Exception e)
        {
            // The boundary to the kernel: whoever asked gets EIO, whoever runs this the reason.
            const int inputOutput = 5;
            if (!_ended.IsCancellationRequested)
                _report(e);
            Write(FuseReply.Error(request.Unique, inputOutput));
        }
        finally
        {
            _places.Release();
        }
    }

    private async ValueTask<byte[]?> ReplyAsync(FuseRequest request)
    {
        var (unique, node, stop) = (request.Unique, request.Node, _ended.Token);
        switch (request.Operation)
        {
            case FuseOperation.Init:
                return FuseReply.Init(unique, request.Word(1), request.Word(3));
            case FuseOperation.Lookup:
                return await _files.LookupAsync(node, request.Name, stop) is { } found
                    ? FuseReply.Entry(unique, found) : FuseReply.Error(unique, Errno.NoEntry);
            case FuseOperation.GetAttributes:
                return FuseReply.Attributes(unique, await _files.GetAsync(node, stop));
            case FuseOperation.ReadLink:
                return FuseReply.Bytes(unique, await _files.ReadLinkAsync(node, stop));
            case FuseOperation.Open or FuseOperation.OpenDirectory:
                return FuseReply.Open(unique);
            case FuseOperation.Read:
                var buffer = new byte[request.Size];
                var count = await _files.ReadAsync(node, (long)request.Offset, buffer, stop);
                return FuseReply.Bytes(unique, buffer.AsSpan(0, count));
            case FuseOperation.ReadDirectory:
                return FuseReply.Names(unique, await _files.ListAsync(node, request.Offset, stop), request.Size);
            case FuseOperation.GetExtendedAttribute:
                const int noData = 61;
                return (await _files.AttributesAsync(node, stop)).TryGetValue(request.AttributeName, out var value)
                    ? FuseReply.Sized(unique, value, request.AttributeSize) : FuseReply.Error(unique, noData);
            case FuseOperation.ListExtendedAttributes:
                var names = string.Concat((await _files.AttributesAsync(node, stop)).Keys.Select(name => name + '\0'));
                return FuseReply.Sized(unique, Encoding.Latin1.GetBytes(names), request.AttributeSize);
            case FuseOperation.StatFs:
                return FuseReply.FileSystem(unique);
            case FuseOperation.Flush or FuseOperation.Release or FuseOperation.ReleaseDirectory or FuseOperation.Destroy:
                return FuseReply.Done(unique);
            case FuseOperation.Forget or FuseOperation.BatchForget or FuseOperation.Interrupt:
                return null;
            default:
                return FuseReply.Error(unique, Errno.NoSystemCall);
        }
    }

    private unsafe int Read(byte[] buffer)
    {
        fixed (byte* pointer = buffer)
            return (int)FuseCalls.Read(_device, pointer, (nuint)buffer.Length);
    }

    private unsafe void Write(byte[] reply)
    {
        fixed (byte* pointer = reply)
        {
            // ENOENT: whoever asked has gone; ENODEV: the file system has.
            const int noDevice = 19;
            if (FuseCalls.Write(_device, pointer, (nuint)reply.Length) < 0 && Marshal.GetLastPInvokeError() is var errno
                && errno is not (Errno.NoEntry or noDevice))
            {
                _report(new SystemCallException("write", errno, "/dev/fuse"));
            }
        }
    }
}
