// Package effects imports what the built-in contracts of clients and loggers
// speak of, so that a test can look their symbols up.
package effects

import (
	_ "github.com/IBM/sarama"
	_ "github.com/aliyun/aliyun-oss-go-sdk/oss"
	_ "github.com/aws/aws-sdk-go-v2/service/s3"
	_ "github.com/dgraph-io/badger/v4"
	_ "github.com/docker/docker/client"
	_ "github.com/expr-lang/expr"
	_ "github.com/fsnotify/fsnotify"
	_ "github.com/mattn/anko/vm"
	_ "github.com/minio/minio-go/v7"
	_ "github.com/moby/moby/client"
	_ "github.com/pkg/errors"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/rs/zerolog/log"
	_ "github.com/segmentio/kafka-go"
	_ "github.com/sirupsen/logrus"
	_ "github.com/spf13/viper"
	_ "github.com/yuin/gopher-lua"
	_ "go.etcd.io/bbolt"
	_ "go.uber.org/zap"
	_ "google.golang.org/grpc/status"
	_ "gorm.io/gorm"
	_ "k8s.io/client-go/discovery"
	_ "k8s.io/client-go/dynamic"
	_ "k8s.io/client-go/informers"
	_ "k8s.io/client-go/kubernetes"
	_ "k8s.io/client-go/tools/clientcmd"
	_ "k8s.io/client-go/tools/portforward"
	_ "k8s.io/client-go/tools/remotecommand"
)
