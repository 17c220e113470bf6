// The writer thread of one shard: joins the service to the port of its thread. Knows ports; knows no job.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { FromWriter, ToWriter, WriterStart } from '../jobs.ts';
import { noteTrouble } from '../trouble-note.ts';
import { DiskThread } from './disk-hand.ts';
import { WriterService } from './service.ts';

const port = parentPort!;
const send = (message: FromWriter): void => port.postMessage(message, message.kind === 'answers' ? [...message.memory] : []);

try {
  const service = new WriterService(workerData as WriterStart, send, new DiskThread());
  port.on('message', (first: ToWriter) => {
    const messages = [first];
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port))
      messages.push(more.message as ToWriter);
    if (!service.receive(messages)) port.close();
  });
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'refused', trouble: noteTrouble(error) });
  port.close();
}
