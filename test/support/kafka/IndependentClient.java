/**
 * What Kafka's own Java client reads and writes, so that nothing of ours or of kafkajs judges what we wrote.
 * Driven by java-process.ts: a request is a line of JSON on stdin. Each answer is a line on stdout that begins with +
 * (one item of it), . (that was all) or ! (it failed, and why). Bytes are in base64, null where there are none.
 *
 *   {do: "read", bootstrap, isolation, topics}    every record up to the end offsets of now
 *   {do: "batches", bootstrap, topics}            every batch as it lies in the log, control batches too
 *   {do: "produce", bootstrap, compression, records, transaction?: {id, end: "commit" | "abort" | "leave-open"}}
 *
 * Ends with its stdin.
 */
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.Records;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class IndependentClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PrintStream OUT = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)), false);
  private static final long LIMIT_MS = 60_000;

  public static void main(String[] args) throws IOException {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      try {
        answer(JSON.readTree(line));
        OUT.println(".");
      } catch (Exception failure) {
        OUT.println("!" + failure.toString().replace('\n', ' '));
      }
      OUT.flush();
    }
    // A transaction that is to stay open must not be aborted by an orderly end of its producer.
    Runtime.getRuntime().halt(0);
  }

  private static void answer(JsonNode request) throws Exception {
    String bootstrap = request.get("bootstrap").asText();
    switch (request.get("do").asText()) {
      case "read" -> read(bootstrap, request.get("isolation").asText(), topics(request));
      case "batches" -> batches(bootstrap, topics(request));
      case "produce" -> produce(bootstrap, request);
      default -> throw new IllegalArgumentException("do must be read, batches or produce: " + request.get("do"));
    }
  }

  private static List<String> topics(JsonNode request) {
    List<String> topics = new ArrayList<>();
    for (JsonNode topic : request.get("topics")) topics.add(topic.asText());
    return topics;
  }

  private static void item(ObjectNode item) throws IOException {
    OUT.println("+" + JSON.writeValueAsString(item));
  }

  private static void read(String bootstrap, String isolation, List<String> topics) throws IOException {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", bootstrap);
    config.put("isolation.level", isolation);
    config.put("enable.auto.commit", false);
    config.put("allow.auto.create.topics", false);
    config.put("auto.offset.reset", "earliest");
    config.put("fetch.max.wait.ms", 20); // closing waits for the fetch that found nothing more
    try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : topics) {
        var infos = consumer.partitionsFor(topic);
        if (infos == null || infos.isEmpty()) throw new IllegalArgumentException("no such topic: " + topic);
        infos.forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      }
      // With read_committed an end is the last stable offset: what an open transaction holds back is not waited for.
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long deadline = System.currentTimeMillis() + LIMIT_MS;
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        if (System.currentTimeMillis() > deadline) throw new IllegalStateException("nothing comes, and not at " + ends + " yet");
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(200));
        if (!polled.isEmpty()) deadline = System.currentTimeMillis() + LIMIT_MS;
        for (ConsumerRecord<byte[], byte[]> record : polled)
          if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) print(record);
      }
    }
  }

  private static void print(ConsumerRecord<byte[], byte[]> record) throws IOException {
    ObjectNode line = JSON.createObjectNode();
    line.put("topic", record.topic()).put("partition", record.partition()).put("offset", record.offset());
    line.put("timestamp", record.timestamp()).put("key", record.key()).put("value", record.value());
    ArrayNode headers = line.putArray("headers");
    for (Header header : record.headers()) headers.addArray().add(header.key()).add(header.value());
    item(line);
  }

  /** Over the wire with a bare fetch: a consumer shows no batches, and the folders of the broker may be elsewhere. */
  private static void batches(String bootstrap, List<String> topics) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      Map<TopicPartition, Node> leaders = new TreeMap<>(
          Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
      for (TopicDescription topic : admin.describeTopics(topics).allTopicNames().get().values())
        for (TopicPartitionInfo info : topic.partitions())
          leaders.put(new TopicPartition(topic.name(), info.partition()), info.leader());
      Map<TopicPartition, OffsetSpec> atStart = new HashMap<>();
      Map<TopicPartition, OffsetSpec> atEnd = new HashMap<>();
      for (TopicPartition partition : leaders.keySet()) {
        atStart.put(partition, OffsetSpec.earliest());
        atEnd.put(partition, OffsetSpec.latest());
      }
      var starts = admin.listOffsets(atStart).all().get();
      var ends = admin.listOffsets(atEnd).all().get();
      for (var entry : leaders.entrySet()) {
        TopicPartition partition = entry.getKey();
        printBatches(partition, entry.getValue(), starts.get(partition).offset(), ends.get(partition).offset());
      }
    }
  }

  private static void printBatches(TopicPartition partition, Node leader, long start, long end) throws IOException {
    try (Socket socket = new Socket(leader.host(), leader.port())) {
      for (long next = start; next < end; ) {
        long before = next;
        for (RecordBatch batch : fetch(socket, partition, next).batches()) {
          next = batch.nextOffset();
          if (batch.baseOffset() < end) print(partition, batch);
        }
        if (next == before) throw new IllegalStateException(partition + " gives nothing at " + next + " of " + end);
      }
    }
  }

  private static Records fetch(Socket socket, TopicPartition partition, long offset) throws IOException {
    short version = 12; // the last one that names topics by name
    int bytesMax = 1 << 20;
    var position = new FetchRequest.PartitionData(Uuid.ZERO_UUID, offset, 0, bytesMax, Optional.empty());
    var request = FetchRequest.Builder.forConsumer(version, 500, 1, Map.of(partition, position)).build(version);
    var header = new RequestHeader(ApiKeys.FETCH, version, "independent-client", 1);
    ByteBuffer bytes = request.serializeWithHeader(header);
    ByteBuffer framed = ByteBuffer.allocate(4 + bytes.remaining()).putInt(bytes.remaining()).put(bytes);
    socket.getOutputStream().write(framed.array());
    var in = new DataInputStream(socket.getInputStream());
    byte[] answer = new byte[in.readInt()];
    in.readFully(answer);
    var response = (FetchResponse) AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
    var data = response.data().responses().get(0).partitions().get(0);
    if (data.errorCode() != 0) throw new IOException(partition + ": error code " + data.errorCode());
    return FetchResponse.recordsOrFail(data);
  }

  private static void print(TopicPartition partition, RecordBatch batch) throws IOException {
    ObjectNode line = JSON.createObjectNode();
    line.put("topic", partition.topic()).put("partition", partition.partition());
    line.put("baseOffset", batch.baseOffset()).put("lastOffset", batch.lastOffset());
    line.put("count", batch.countOrNull()).put("compression", batch.compressionType().name);
    line.put("producerId", batch.producerId()).put("producerEpoch", batch.producerEpoch());
    line.put("baseSequence", batch.baseSequence()).put("transactional", batch.isTransactional());
    line.put("control", batch.isControlBatch() ? ControlRecordType.parse(batch.iterator().next().key()).name() : null);
    item(line);
  }

  private static void produce(String bootstrap, JsonNode request) throws Exception {
    JsonNode transaction = request.path("transaction");
    String ending = transaction.path("end").asText("none");
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", bootstrap);
    config.put("compression.type", request.get("compression").asText());
    config.put("linger.ms", 5_000); // one batch a partition where they fit: flush() sends at once
    config.put("batch.size", 1 << 20);
    config.put("max.request.size", 8 << 20);
    config.put("max.block.ms", LIMIT_MS);
    if (transaction.isObject()) config.put("transactional.id", transaction.get("id").asText());
    var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    if (transaction.isObject()) {
      producer.initTransactions();
      producer.beginTransaction();
    }
    // One moment for all of them: to a batch that it has already, a broker answers with the last timestamp in it, and the
    // producer then takes that for the timestamp of each record. An instance's id is made of it.
    long now = System.currentTimeMillis();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (JsonNode record : request.get("records")) sent.add(producer.send(parse(record, now)));
    producer.flush();
    for (Future<RecordMetadata> future : sent) {
      RecordMetadata at = future.get();
      if (!at.hasOffset()) throw new IllegalStateException("written twice, and the broker has forgotten where: " + at);
      ObjectNode line = JSON.createObjectNode();
      line.put("topic", at.topic()).put("partition", at.partition()).put("offset", at.offset());
      item(line.put("timestamp", at.timestamp()));
    }
    if (ending.equals("commit")) producer.commitTransaction();
    if (ending.equals("abort")) producer.abortTransaction();
    // Closing it would abort what is to stay open, as after a crash.
    if (!ending.equals("leave-open")) producer.close();
  }

  private static ProducerRecord<byte[], byte[]> parse(JsonNode line, long now) throws IOException {
    List<Header> headers = new ArrayList<>();
    for (JsonNode header : line.path("headers")) headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
    Integer partition = line.hasNonNull("partition") ? line.get("partition").asInt() : null;
    long timestamp = line.hasNonNull("timestamp") ? line.get("timestamp").asLong() : now;
    return new ProducerRecord<>(
        line.get("topic").asText(), partition, timestamp, bytes(line.get("key")), bytes(line.get("value")), headers);
  }

  private static byte[] bytes(JsonNode base64) throws IOException {
    return base64 == null || base64.isNull() ? null : base64.binaryValue();
  }
}
