#include "http/server/request_body.h"

#include "http/server/server_connection.h"

namespace terrella::http {

RequestBody::~RequestBody() {
  if (connection_ != nullptr) connection_->OnBodyDestroyed();
}

void RequestBody::Read(Reader& reader) {
  reader_ = &reader;
  reading_ = true;
  if (connection_ != nullptr) {
    connection_->OnBodyReading();
  } else if (!error_.ok()) {
    Fail(std::exchange(error_, absl::OkStatus()));
  }
}

void RequestBody::Pause() {
  reading_ = false;
  if (connection_ != nullptr) connection_->OnBodyPaused();
}

void RequestBody::End() {
  connection_ = nullptr;
  reader_->OnBodyEnd();
}

void RequestBody::Fail(const absl::Status& error) {
  connection_ = nullptr;
  if (reading_) {
    reader_->OnBodyError(error);
  } else {
    error_ = error;
  }
}

}  // namespace terrella::http
